"""Write something for the team beside a comment, or beside everything its author wrote."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.domain.concern import MOST_TEXT
from moderation.storage import audit, comments, notes

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def take_note(wiring: "Wiring", moderator_id: str, comment_id: str, text: str, *, on_author: bool) -> bool:
    """False if there is no such comment."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        comment = comments.by_id(conn, comment_id)
        if comment is None:
            return False
        subject = f"author:{comment.author_id}" if on_author else f"comment:{comment_id}"
        note_id = notes.add(
            conn, site_id=comment.site_id, subject=subject, moderator_id=moderator_id, text=text[:MOST_TEXT], at=now
        )
        audit.record(
            conn, actor=f"moderator:{moderator_id}", action="note.written", subject=subject,
            site_id=comment.site_id, at=now, details={"note": note_id},
        )  # fmt: skip
        return True

    return wiring.database.write(work)
