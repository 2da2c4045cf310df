"""Leave a comment to somebody else: it is not shown to this moderator again in this round."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.storage import claims, comments

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def skip(wiring: "Wiring", moderator_id: str, comment_id: str) -> bool:
    """False if there is no such comment."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        if comments.by_id(conn, comment_id) is None:
            return False
        claims.skip(conn, comment_id=comment_id, moderator_id=moderator_id, at=now)
        claims.release(conn, comment_id=comment_id, moderator_id=moderator_id)
        return True

    return wiring.database.write(work)


def new_round(wiring: "Wiring", moderator_id: str) -> None:
    """Show again what was skipped."""
    wiring.database.write(lambda conn: claims.forget_skips(conn, moderator_id))
