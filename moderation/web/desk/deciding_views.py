"""What a moderator does: decide, skip, undo, keep and give back a claim.

Every form works without a script: a POST, and a redirect to the next comment. With
`Accept: application/json` the same addresses answer programs:

POST /desk/comments/<id>/decision
    Fields: `verdict` (approve, reject, spam), `version` (the version that was read), `reason` (of a
    rejection: insult, hate, threat, off_topic, spam, personal_data, false_claim, profanity, other;
    left out: other), `for_team` and `for_author` (texts beside the decision), `csrf_token`; `view` (pending) says
    which view the next comment comes from.
    200 `{"decided": {"id", "comment", "state", "version", "said"}, "next": {"id", "version", "url", "html"}}`
    409 `{"conflict": {"comment", "version", "state", "by", "reason", "at", "said", "html"}}`: somebody
    decided since; posting again with the version of the conflict decides over it.
    404 `{"error"}` no such comment; 422 `{"error"}` a field is wrong.
POST /desk/comments/<id>/skip
    200 `{"skipped": {"comment"}, "next": …}`
POST /desk/undo
    Field `decision`: an own decision's id. 200 `{"undone": {…}, "next": …}` (the comment is back and
    claimed) or 409 as above.
    Field `ahead`: a comment that the page shows already instead of asking for the next; then, of both,
    `"current": {"id", "claimed_at", "seconds", "last"}, "ahead": {…} or null` in place of `"next"`.
POST /desk/<view>/ahead
    Field `comment`: the one being read. 200 `{"current", "ahead"}`, `current` null if it is not to be had.
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
from moderation.domain.concern import MOST_TEXT
from moderation.domain.reason import Reason
from moderation.services import claim as claims_service
from moderation.services import review
from moderation.services import skip as skip_service
from moderation.services.review import Conflict, Decide, Decided
from moderation.storage.desk_queries import VIEWS
from moderation.storage.ids import is_id
from moderation.web.desk import filters, page, words
from moderation.web.desk.guard import moderator, wants_json, wiring

Answer = Response | tuple[Any, int]


def register(changing: Blueprint) -> None:
    changing.post("/comments/<comment_id>/decision", endpoint="decide")(_decide)
    changing.post("/comments/<comment_id>/skip", endpoint="skip")(_skip)
    changing.post("/comments/<comment_id>/claim", endpoint="heartbeat")(_heartbeat)
    changing.post("/claims/release", endpoint="release")(_release)
    changing.post("/undo", endpoint="undo")(_undo)
    changing.post("/<view>/again", endpoint="again")(_again)
    changing.post("/<view>/ahead", endpoint="ahead")(_ahead)
    changing.register_error_handler(HTTPException, failed)


def _decide(comment_id: str) -> Answer:
    verdict = request.form.get("verdict", "")
    if verdict not in review.VERDICTS:
        raise UnprocessableEntity(_("The verdict must be approve, reject or spam."))
    command = Decide(
        moderator_id=moderator().id,
        comment_id=known(comment_id),
        version=_number("version"),
        verdict=review.VERDICTS[verdict],
        reason=_reason(),
        for_team=text("for_team"),
        for_author=text("for_author"),
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


def text(field: str) -> str:
    given = request.form.get(field, "").strip()
    if len(given) > MOST_TEXT:
        raise UnprocessableEntity(_("%(field)s must be %(most)s characters at most.", field=field, most=MOST_TEXT))
    return given


def known(comment_id: str) -> str:
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


def following_in_list() -> str | None:
    """In a list, the comment after the decided one; a queue says by itself what is next."""
    following = request.form.get("following", "")
    return following if is_id(following) and _view() not in page.CLAIMED_VIEWS else None


def _onward(what: str, outcome: Decided, said: str, *, back_to: str | None = None) -> Answer:
    page.count_anew()
    following = back_to or following_in_list()
    if not wants_json():
        return back(following)
    done = {
        "id": outcome.decision_id, "comment": outcome.comment_id, "state": outcome.state,
        "version": outcome.version, "said": said,
    }  # fmt: skip
    return jsonify({what: done, **onward(following)})


def onward(following: str | None = None) -> dict[str, Any]:
    """The next comment; or, where the page has it already, what it needs to know of it and the one after it."""
    view, chosen = _view(), filters.from_request()
    shown_already = request.form.get("ahead", "")
    if is_id(shown_already) and view in page.CLAIMED_VIEWS and following is None:
        told = step(view, shown_already, chosen)
        if told is not None:
            return told
    return {"next": page.fragment(page.show(view, following, chosen))}


def step(view: str, comment_id: str, chosen: filters.Filter) -> dict[str, Any] | None:
    """Keep this comment for who reads it, and hand out the one after it; None if it is not to be had."""
    current, following = claims_service.claim_after(
        wiring(), moderator().id, view, comment_id, chosen.narrowing()
    )
    if current is None:
        return None
    made = page.fragment(page.ahead(view, following, besides=comment_id, chosen=chosen)) if following else None
    return {
        "current": {
            "id": comment_id, "claimed_at": current.claimed_at, "last": page.last_line(current),
            "seconds": (current.until - wiring().clock.now_us()) // 1_000_000,
        },
        "ahead": made,
    }  # fmt: skip


def _ahead(view: str) -> Answer:
    if view not in page.CLAIMED_VIEWS:
        raise NotFound
    told = step(view, known(request.form.get("comment", "")), filters.from_request())
    return jsonify(told or {"current": None, "ahead": None})


def back(following: str | None = None, view: str | None = None) -> Answer:
    chosen = filters.from_request()
    address = url_for("desk.view", view=view or _view(), comment=following)
    both = "&" if "?" in address else "?"
    return redirect(f"{address}{both}{chosen.query}" if chosen else address, 303)


def _conflict(conflict: Conflict, attempted: Decide | None = None) -> Answer:
    decision, now = conflict.decision, wiring().clock.now_us()
    said = f"{words.decided(decision)}, {words.ago(decision.created_at, now)}."
    shown = page.show(_view(), conflict.comment_id, filters.from_request())
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
    if not skip_service.skip(wiring(), moderator().id, known(comment_id)):
        raise NotFound
    if not wants_json():
        return back()
    return jsonify(skipped={"comment": comment_id, "said": _("Skipped")}, **onward(following_in_list()))


def _undo() -> Answer:
    try:
        outcome = review.undo(wiring(), moderator().id, request.form.get("decision", "")[:26])
    except review.NotThere:
        raise NotFound(_("There is nothing of yours to undo.")) from None
    if isinstance(outcome, Conflict):
        return _conflict(outcome)
    return _onward("undone", outcome, _("Undone"), back_to=outcome.comment_id)


def _heartbeat(comment_id: str) -> Answer:
    beat = claims_service.heartbeat(wiring(), moderator().id, known(comment_id))
    if beat is None:
        raise NotFound
    answer: dict[str, Any] = {"version": beat.version, "state": beat.state, "seconds": 0}
    if beat.until is not None:
        answer["seconds"] = (beat.until - wiring().clock.now_us()) // 1_000_000
    elif beat.held is not None:
        answer["said"] = page.held_text(beat.held)
    return jsonify(answer)


def _release() -> Answer:
    claims_service.release(wiring(), moderator().id, known(request.form.get("comment", "")), _number("claimed_at"))
    following = request.form.get("following", "")
    if is_id(following):
        claims_service.release(wiring(), moderator().id, following, _number("following_claimed_at"))
    return "", 204


def _again(view: str) -> Answer:
    if view not in VIEWS:
        raise NotFound
    skip_service.new_round(wiring(), moderator().id)
    if not wants_json():
        return back(view=view)
    return jsonify(next=page.fragment(page.show(view, None, filters.from_request())))


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
