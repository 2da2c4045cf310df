"""What moderators say to each other about a comment: a question to a lead, its answer, a note.

POST /desk/comments/<id>/escalate
    Field `text`, the question. 200 `{"escalated": {"comment", "said"}, "next": …}`.
POST /desk/comments/<id>/answer
    Field `text`. For leads; the comment goes back to the queue. 200 `{"answered": …, "next": …}`; 404 if
    nothing was asked.
POST /desk/comments/<id>/note
    Fields `text`, `about` (comment or author). 200 `{"noted": …, "next": …}` with the same comment.
"""

from typing import Any

from flask import Blueprint, jsonify, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound, UnprocessableEntity

from moderation.services import escalate as escalate_service
from moderation.services import take_note
from moderation.web.desk import deciding_views, page
from moderation.web.desk.deciding_views import Answer
from moderation.web.desk.guard import moderator, wants_json, wiring


def register(changing: Blueprint) -> None:
    changing.post("/comments/<comment_id>/escalate", endpoint="escalate")(_escalate)
    changing.post("/comments/<comment_id>/note", endpoint="note")(_note)


def register_leading(leading: Blueprint) -> None:
    leading.post("/comments/<comment_id>/answer", endpoint="answer")(_answer)


def _escalate(comment_id: str) -> Answer:
    if not escalate_service.escalate(wiring(), moderator().id, deciding_views.known(comment_id), _text()):
        raise NotFound
    return _told("escalated", comment_id, _("Escalated"))


def _answer(comment_id: str) -> Answer:
    if not escalate_service.answer(wiring(), moderator().id, deciding_views.known(comment_id), _text()):
        raise NotFound(_("Nothing is asked about this comment (any more)."))
    return _told("answered", comment_id, _("Answered"))


def _note(comment_id: str) -> Answer:
    about = request.form.get("about", "comment")
    if about not in ("comment", "author"):
        raise UnprocessableEntity(_("A note is about the comment or about its author."))
    written = take_note.take_note(
        wiring(), moderator().id, deciding_views.known(comment_id), _text(), on_author=about == "author"
    )
    if not written:
        raise NotFound
    return _told("noted", comment_id, _("Note kept"), stays=True)


def _text() -> str:
    text = deciding_views.text("text")
    if not text:
        raise UnprocessableEntity(_("Please write something first."))
    return text


def _told(what: str, comment_id: str, said: str, *, stays: bool = False) -> Answer:
    page.count_anew()
    following = comment_id if stays else deciding_views.following_in_list()
    if not wants_json():
        return deciding_views.back(following)
    done: dict[str, Any] = {what: {"comment": comment_id, "said": said}}
    return jsonify(done | deciding_views.onward(following))
