"""What the author of a comment may know of it, by the private link they were given."""

import json
from typing import Any

from flask_babel import gettext as _

from moderation.domain.comment import HUMAN_LOOKS, State
from moderation.domain.finding import Code
from moderation.storage import concerns, notes, public_reads
from moderation.storage.rows import Record
from moderation.web.public.state_words import in_a_line
from moderation.web.public.status_links import StatusLinks
from moderation.web.public.times import iso
from moderation.wiring import Wiring


def status_document(wiring: Wiring, token: str) -> dict[str, Any] | None:
    """None if there is no comment under this link, or none any more."""
    links = StatusLinks(wiring.settings.secret_key, wiring.settings.public_url)
    comment_id = links.comment_id(token)
    if comment_id is None:
        return None
    with wiring.database.read() as conn:
        row = public_reads.standing_of(conn, comment_id)
        decision = public_reads.last_reason(conn, comment_id)
        told = notes.for_author(conn, comment_id)
        appeal = concerns.last_appeal(conn, comment_id)
    if row is None or row.state == State.ERASED:
        return None
    return {
        "id": row.id,
        "state": row.state,
        "message": in_a_line(State(row.state)),
        "reason": reason(row, decision),
        "from_the_team": told or None,
        "appeal": _appeal(row, appeal),
        "decided_at": iso(row.decided_at) if row.decided_at else None,
        "thread_url": row.url,
        "thread_title": row.title,
        "comment": {
            "id": row.id, "parent": None, "name": row.name, "website": row.website or None, "text": row.text,
            "created_at": iso(row.created_at),
        },
    }  # fmt: skip


def _appeal(row: Record, appeal: Record | None) -> str:
    """possible, waiting, answered; or none, where nothing was refused."""
    if appeal is not None:
        return "waiting" if appeal.settled_at is None else "answered"
    return "possible" if row.state in (State.REJECTED, State.SPAM) else "none"


def reason(row: Record, decision: Record | None) -> str | None:
    """Why a comment is not shown, as far as its author can use it; never a score or a word list."""
    if decision is None or row.state in (State.APPROVED, State.WITHDRAWN):
        return None
    if row.state == State.PENDING:
        return _why_waiting(json.loads(decision.because))
    if decision.look in HUMAN_LOOKS:
        return _by_moderator(decision.reason)
    return _("This was decided automatically. A moderator can undo it; write to the site if it is wrong.")


def _why_waiting(codes: list[str]) -> str:
    if Code.SCORER_FAILED in codes:
        return _("We could not score this comment, so a person will look at it.")
    if Code.MANY_LINKS in codes:
        return _("It has several links, so a person will look at it.")
    return _("We are not sure about this one, so a person will look at it.")


def _by_moderator(code: str) -> str:
    reasons = {
        "insult": _("A moderator took it for an insult."),
        "hate": _("A moderator took it for an attack on a group of people."),
        "threat": _("A moderator took it for a threat."),
        "off_topic": _("A moderator found it off topic."),
        "spam": _("A moderator took it for advertising."),
        "personal_data": _("A moderator found somebody's personal data in it."),
        "false_claim": _("A moderator found a claim in it that is known to be false."),
        "profanity": _("A moderator found its language too coarse."),
    }
    return reasons.get(code, _("A moderator decided not to publish it."))
