"""Hold a comment while reading it: the next one, a named one, keep it, give it back.

A claim keeps two moderators from reading the same comment; it is a courtesy, not a lock. What keeps
decisions apart is the compare-and-set on the comment's version.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from moderation.domain.comment import State
from moderation.storage import claims, comments, desk_queries

if TYPE_CHECKING:
    from moderation.wiring import Wiring

CLAIMED_US = 5 * 60_000_000
# So many candidates are tried before looking again; each is lost only to a claim made this instant.
CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Claim:
    comment_id: str
    claimed_at: int
    until: int


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else is reading it."""

    by: str
    until: int


def claim_next(wiring: "Wiring", moderator_id: str, view: str) -> Claim | None:
    """The comment this moderator should read now: the one they hold, or else the first free one."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> str | None:
        taken = _own(conn, moderator_id, view, now) or _first_free(conn, moderator_id, view, now)
        claims.release_others(conn, moderator_id, kept=taken)
        return taken

    taken = wiring.database.write(work)
    return Claim(taken, now, now + CLAIMED_US) if taken else None


def _own(conn: Connection, moderator_id: str, view: str, now: int) -> str | None:
    for comment_id in claims.of(conn, moderator_id, now=now):
        if desk_queries.is_in(conn, view, comment_id) and _take(conn, comment_id, moderator_id, now):
            return comment_id
    return None


def _first_free(conn: Connection, moderator_id: str, view: str, now: int) -> str | None:
    while candidates := desk_queries.next_for(conn, view, moderator_id, now=now, limit=CANDIDATES):
        for comment_id in candidates:
            if not _take(conn, comment_id, moderator_id, now):
                continue
            # It may have been decided between the reading and the taking.
            if desk_queries.is_in(conn, view, comment_id):
                return comment_id
            claims.release(conn, comment_id=comment_id, moderator_id=moderator_id)
    return None


def _take(conn: Connection, comment_id: str, moderator_id: str, now: int) -> bool:
    return claims.take(
        conn, comment_id=comment_id, moderator_id=moderator_id, now=now, until=now + CLAIMED_US
    )


def claim(wiring: "Wiring", moderator_id: str, comment_id: str) -> Claim | Held | None:
    """Take one comment and give back what else was held; None if there is no such comment."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> Claim | Held | None:
        if comments.by_id(conn, comment_id) is None:
            return None
        if _take(conn, comment_id, moderator_id, now):
            claims.release_others(conn, moderator_id, kept=comment_id)
            return Claim(comment_id, now, now + CLAIMED_US)
        return _held(claims.holder(conn, comment_id, now=now))

    return wiring.database.write(work)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a page learns when it says that somebody is still reading."""

    until: int | None  # None: the claim is gone
    held: Held | None  # by whom it was taken
    version: int
    state: State


def heartbeat(wiring: "Wiring", moderator_id: str, comment_id: str) -> Beat | None:
    """Keep the claim for another while, if nobody took it; None if there is no such comment."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> Beat | None:
        row = comments.by_id(conn, comment_id)
        if row is None:
            return None
        kept = claims.extend(conn, comment_id=comment_id, moderator_id=moderator_id, until=now + CLAIMED_US)
        held = None if kept else _held(claims.holder(conn, comment_id, now=now))
        return Beat(now + CLAIMED_US if kept else None, held, row.version, State(row.state))

    return wiring.database.write(work)


def release(wiring: "Wiring", moderator_id: str, comment_id: str, claimed_at: int | None = None) -> bool:
    return wiring.database.write(
        lambda conn: claims.release(
            conn, comment_id=comment_id, moderator_id=moderator_id, claimed_at=claimed_at
        )
    )


def _held(row: Any) -> Held | None:
    return Held(row.name, row.expires_at) if row is not None else None
