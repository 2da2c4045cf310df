"""What a moderator does: decide, skip, undo, keep and give back a claim.

Every form works without a script: a POST, and a redirect to the next comment. With
`Accept: application/json` the same addresses answer programs:

POST /desk/comments/<id>/decision
    Fields: `verdict` (approve, reject, spam), `version` (the version that was read), `reason` (of a
    rejection: insult, hate, threat, off_topic, spam, personal_data, false_claim, profanity, other;
    left out: other), `csrf_token`; `view` (pending) says which view the next comment comes from.
    200 `{"decided": {"id", "comment", "state", "version", "said"}, "next": {"id", "version", "url", "html"}}`
    409 `{"conflict": {"comment", "version", "state", "by", "reason", "at", "said", "html"}}`: somebody
    decided since; posting again with the version of the conflict decides over it.
    404 `{"error"}` no such comment; 422 `{"error"}` a field is wrong.
POST /desk/comments/<id>/skip
    200 `{"skipped": {"comment"}, "next": …}`
POST /desk/undo
    Field `decision`: an own decision's id. 200 `{"undone": {…}, "next": …}` (the comment is back and
    claimed) or 409 as above.
POST /desk/comments/<id>/claim
    A heartbeat. 200 `{"seconds": 300, "version", "state"}`, `seconds` 0 and `said` if the claim is gone.
POST /desk/claims/release
    Fields `comment` and `claimed_at`; 204.

A viewer gets 403 from each, somebody signed out 401.
"""

from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, NotFound, UnprocessableEntity
from werkzeug.wrappers import Response

from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.services import claim as claims_service
from moderation.services import review
from moderation.services import skip as skip_service
from moderation.services.review import Conflict, Decide, Decided
from moderation.storage.desk_queries import VIEWS
from moderation.storage.ids import is_id
from moderation.web.desk import page, words
from moderation.web.desk.guard import moderator, wants_json, wiring

Answer = Response | tuple[Any, int]


def register(changing: Blueprint) -> None:
    changing.post("/comments/<comment_id>/decision", endpoint="decide")(_decide)
    changing.post("/comments/<comment_id>/skip", endpoint="skip")(_skip)
    changing.post("/comments/<comment_id>/claim", endpoint="heartbeat")(_heartbeat)
    changing.post("/claims/release", endpoint="release")(_release)
    changing.post("/undo", endpoint="undo")(_undo)
    changing.post("/<view>/again", endpoint="again")(_again)
    changing.register_error_handler(HTTPException, failed)


def _decide(comment_id: str) -> Answer:
    verdict = request.form.get("verdict", "")
    if verdict not in review.VERDICTS:
        raise UnprocessableEntity(_("The verdict must be approve, reject or spam."))
    command = Decide(
        moderator_id=moderator().id,
        comment_id=_known(comment_id),
        version=_number("version"),
        verdict=review.VERDICTS[verdict],
        reason=_reason(),
    )
    try:
        outcome = review.decide(wiring(), command)
    except review.NotThere:
        raise NotFound(_("This comment is gone: its author took it back, or it was erased.")) from None
    if isinstance(outcome, Conflict):
        return _conflict(outcome, attempted=command)
    said = words.state_name(outcome.state)
    if command.verdict is State.REJECTED and command.reason:
        said = _("Rejected as %(reason)s", reason=words.reason_name(command.reason).lower())
    return _onward("decided", outcome, said)


def _reason() -> Reason | None:
    reason = request.form.get("reason") or None
    if reason is not None and reason not in set(Reason):
        raise UnprocessableEntity(_("There is no such reason."))
    return Reason(reason) if reason else None


def _known(comment_id: str) -> str:
    if not is_id(comment_id):
        raise NotFound
    return comment_id


def _number(field: str) -> int:
    try:
        return int(request.form.get(field, ""))
    except ValueError:
        raise UnprocessableEntity(_("%(field)s must be a whole number.", field=field)) from None


def _view() -> str:
    view = request.form.get("view", "pending")
    return view if view in VIEWS else "pending"


def _following() -> str | None:
    """In a list, the comment after the decided one; a queue says by itself what is next."""
    following = request.form.get("following", "")
    return following if is_id(following) and _view() not in page.CLAIMED_VIEWS else None


def _onward(what: str, outcome: Decided, said: str, *, back_to: str | None = None) -> Answer:
    page.count_anew()
    following = back_to or _following()
    if not wants_json():
        return redirect(url_for("desk.view", view=_view(), comment=following), 303)
    done = {
        "id": outcome.decision_id, "comment": outcome.comment_id, "state": outcome.state,
        "version": outcome.version, "said": said,
    }  # fmt: skip
    return jsonify({what: done, "next": page.fragment(page.show(_view(), following))})


def _conflict(conflict: Conflict, attempted: Decide | None = None) -> Answer:
    decision, now = conflict.decision, wiring().clock.now_us()
    said = f"{words.decided(decision)}, {words.ago(decision.created_at, now)}."
    shown = page.show(_view(), conflict.comment_id)
    more = {"conflict": said, "attempted": attempted, "conflict_version": conflict.version}
    if not wants_json():
        return page.render(shown, 409, **more)
    told = {
        "comment": conflict.comment_id, "version": conflict.version, "state": decision.state_after,
        "by": decision.moderator or decision.decided_by, "reason": decision.reason,
        "at": words.iso(decision.created_at),
        "said": said, "html": page.fragment(shown, **more)["html"],
    }  # fmt: skip
    return jsonify(conflict=told), 409


def _skip(comment_id: str) -> Answer:
    if not skip_service.skip(wiring(), moderator().id, _known(comment_id)):
        raise NotFound
    if not wants_json():
        return redirect(url_for("desk.view", view=_view()), 303)
    return jsonify(
        skipped={"comment": comment_id, "said": _("Skipped")}, next=page.fragment(page.show(_view(), _following()))
    )


def _undo() -> Answer:
    try:
        outcome = review.undo(wiring(), moderator().id, request.form.get("decision", "")[:26])
    except review.NotThere:
        raise NotFound(_("There is nothing of yours to undo.")) from None
    if isinstance(outcome, Conflict):
        return _conflict(outcome)
    return _onward("undone", outcome, _("Undone"), back_to=outcome.comment_id)


def _heartbeat(comment_id: str) -> Answer:
    beat = claims_service.heartbeat(wiring(), moderator().id, _known(comment_id))
    if beat is None:
        raise NotFound
    answer: dict[str, Any] = {"version": beat.version, "state": beat.state, "seconds": 0}
    if beat.until is not None:
        answer["seconds"] = (beat.until - wiring().clock.now_us()) // 1_000_000
    elif beat.held is not None:
        answer["said"] = page.held_text(beat.held)
    return jsonify(answer)


def _release() -> Answer:
    claims_service.release(wiring(), moderator().id, _known(request.form.get("comment", "")), _number("claimed_at"))
    return "", 204


def _again(view: str) -> Answer:
    if view not in VIEWS:
        raise NotFound
    skip_service.new_round(wiring(), moderator().id)
    if not wants_json():
        return redirect(url_for("desk.view", view=view), 303)
    return jsonify(next=page.fragment(page.show(view)))


def failed(error: HTTPException) -> Answer:
    sentence = error.description or error.name
    if wants_json():
        return jsonify(error=sentence), error.code or 500
    return page.notice(_("That did not work"), sentence), error.code or 500


def old_form(_error: CSRFError) -> Answer:
    sentence = _("This page was open for too long. Reload it and decide again; nothing was changed.")
    if wants_json():
        return jsonify(error=sentence), 400
    return page.notice(_("Please try once more"), sentence), 400
