"""A person reads a past decision once more: it stays, with their name, or it is changed like any other."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.services import review
from moderation.services.review import Conflict, Decide, Decided
from moderation.storage import audit, comments, second_readings

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def keep(wiring: "Wiring", moderator_id: str, comment_id: str) -> bool:
    """It is not offered again while the comment stays as it is. False if it was not offered (any more)."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        comment = comments.by_id(conn, comment_id)
        if comment is None or not second_readings.answer(
            conn, comment_id, second_readings.KEPT, by=moderator_id, at=now
        ):
            return False
        audit.record(
            conn, actor=f"moderator:{moderator_id}", action="reading.kept", subject=f"comment:{comment_id}", at=now,
            site_id=comment.site_id, details={"verdict": comment.state},
        )  # fmt: skip
        return True

    return wiring.database.write(work)


def change(wiring: "Wiring", command: Decide) -> Decided | Conflict:
    """Raises NotThere, as deciding does."""
    done = review.decide(wiring, command)
    if isinstance(done, Decided):
        now = wiring.clock.now_us()
        wiring.database.write(
            lambda conn: second_readings.answer(
                conn, command.comment_id, second_readings.CHANGED, by=command.moderator_id, at=now
            )
        )
    return done
