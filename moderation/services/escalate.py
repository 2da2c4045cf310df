"""Ask a lead about a comment, and answer what was asked."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.domain.comment import State
from moderation.domain.concern import MOST_TEXT, Concern
from moderation.storage import audit, claims, comments, concerns
from moderation.storage.ids import new_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def escalate(wiring: "Wiring", moderator_id: str, comment_id: str, question: str) -> bool:
    """Move a comment to where leads look; False if there is no such comment. Its state stays what it is."""
    now, who = wiring.clock.now_us(), f"moderator:{moderator_id}"

    def work(conn: Connection) -> bool:
        comment = comments.by_id(conn, comment_id)
        if comment is None or comment.state in (State.WITHDRAWN, State.ERASED):
            return False
        concern_id = new_id(now)
        concerns.raise_concern(
            conn, kind=Concern.ESCALATION, comment=comment, once=concern_id, raised_by=who, at=now,
            text=question[:MOST_TEXT],
        )  # fmt: skip
        claims.release(conn, comment_id=comment_id, moderator_id=moderator_id)
        _log(conn, who, "comment.escalated", comment.site_id, comment_id, now)
        return True

    return wiring.database.write(work)


def answer(wiring: "Wiring", moderator_id: str, comment_id: str, text: str) -> bool:
    """Answer the oldest open question about a comment, which gives it back to the queue; False if there is none."""
    now, who = wiring.clock.now_us(), f"moderator:{moderator_id}"

    def work(conn: Connection) -> bool:
        asked = concerns.open_of(conn, comment_id, Concern.ESCALATION)
        if asked is None or not concerns.answer(conn, asked.id, text=text[:MOST_TEXT], by=who, at=now):
            return False
        claims.release(conn, comment_id=comment_id, moderator_id=moderator_id)
        _log(conn, who, "comment.answered", asked.site_id, comment_id, now)
        return True

    return wiring.database.write(work)


def _log(conn: Connection, who: str, action: str, site_id: str, comment_id: str, at: int) -> None:
    audit.record(conn, actor=who, action=action, subject=f"comment:{comment_id}", site_id=site_id, at=at)
