"""A reader reports a published comment; its author asks for another look at one that was refused."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.domain.comment import State
from moderation.domain.concern import MOST_TEXT, Concern, ReportReason
from moderation.storage import audit, comments, concerns

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def report(
    wiring: "Wiring", comment_id: str, *, reporter: str, reason: ReportReason, text: str = ""
) -> bool:
    """False if there is nothing to report. `reporter` is a keyed hash of a network address.

    One reader counts once a comment. What a person left published although it was reported stays reviewed
    until its text changes: more reports of it are kept and ask for nothing.
    """
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        comment = comments.by_id(conn, comment_id)
        if comment is None or comment.state != State.APPROVED:
            return False
        reviewed = concerns.kept_after_report(conn, comment_id, comment.revision)
        raised = concerns.raise_concern(
            conn, kind=Concern.REPORT, comment=comment, once=f"{comment_id}:{comment.revision}:{reporter}",
            raised_by=f"reader:{reporter}", at=now, reason=reason, text=text[:MOST_TEXT],
            settled_at=now if reviewed else None,
        )  # fmt: skip
        if raised:
            _log(conn, "reader", "comment.reported", comment.site_id, comment_id, now)
        return True

    return wiring.database.write(work)


def appeal(wiring: "Wiring", comment_id: str, text: str) -> bool:
    """Once a comment and revision; False if it was refused by nobody, or appealed before."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        comment = comments.by_id(conn, comment_id)
        if comment is None or comment.state not in (State.REJECTED, State.SPAM):
            return False
        raised = concerns.raise_concern(
            conn, kind=Concern.APPEAL, comment=comment, once=f"{comment_id}:{comment.revision}:appeal",
            raised_by="author", at=now, text=text[:MOST_TEXT],
        )  # fmt: skip
        if raised:
            _log(conn, "author", "comment.appealed", comment.site_id, comment_id, now)
        return raised

    return wiring.database.write(work)


def _log(conn: Connection, who: str, action: str, site_id: str, comment_id: str, at: int) -> None:
    audit.record(conn, actor=who, action=action, subject=f"comment:{comment_id}", site_id=site_id, at=at)
