"""Give an author a standing at a site: trusted, always reviewed, suspended until, banned; or take that back."""

from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection

from moderation.domain.concern import MOST_TEXT
from moderation.storage import audit, standings
from moderation.storage.ids import new_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring

Standing = Literal["normal", "trusted", "always_review", "suspended", "banned"]
STANDINGS: tuple[Standing, ...] = ("normal", "trusted", "always_review", "suspended", "banned")


class NotLast(Exception):
    """Only the standing that stands can be taken back."""


def give(
    wiring: "Wiring", moderator_id: str, author_id: str, standing: Standing, *, reason: str, until: int | None = None
) -> str | None:
    """The id by which it can be taken back; None if there is no such author. After `until` it is normal again."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> str | None:
        author = standings.author(conn, author_id)
        if author is None:
            return None
        given = new_id(now)
        standings.give(
            conn,
            {
                "id": given, "site_id": author.site_id, "author_id": author_id, "moderator_id": moderator_id,
                "standing_before": author.standing, "until_before": author.standing_until, "standing": standing,
                "until": until, "reason": reason[:MOST_TEXT], "created_at": now,
            },
        )  # fmt: skip
        _log(conn, moderator_id, "author.standing", author.site_id, author_id, now, standing, author.standing)
        return given

    return wiring.database.write(work)


def take_back(wiring: "Wiring", moderator_id: str, author_id: str, standing_id: str) -> bool:
    """What it was before, end and all; False if there is no such author. Raises NotLast."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        author, last = standings.author(conn, author_id), standings.newest(conn, author_id)
        if author is None:
            return False
        if last is None or last.id != standing_id:
            raise NotLast
        standings.take_back(conn, last.id, at=now)
        standings.put(conn, author_id, last.standing_before, last.until_before)
        _log(
            conn, moderator_id, "author.standing_undone", author.site_id, author_id, now, last.standing_before,
            last.standing,
        )  # fmt: skip
        return True

    return wiring.database.write(work)


def _log(
    conn: Connection, moderator_id: str, action: str, site_id: str, author_id: str, at: int, to: str, was: str
) -> None:
    audit.record(
        conn, actor=f"moderator:{moderator_id}", action=action, subject=f"author:{author_id}", site_id=site_id, at=at,
        details={"from": was, "to": to},
    )  # fmt: skip
