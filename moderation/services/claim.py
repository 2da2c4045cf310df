"""Hold a comment while reading it: the next one, a named one, the one after it; keep it, give it back.

A claim keeps two moderators from reading the same comment; it is a courtesy, not a lock. What keeps
decisions apart is the compare-and-set on the comment's version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from moderation.domain.comment import State
from moderation.storage import claims, comments, desk_queries, roles
from moderation.storage.narrowing import EVERYTHING, Narrowing

if TYPE_CHECKING:
    from moderation.wiring import Wiring

MINUTE_US = 60_000_000
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


@dataclass(frozen=True, slots=True)
class Queue:
    """What somebody is working through: a view, or a part of it."""

    view: str
    narrowed: Narrowing = EVERYTHING


class _Taker:
    """One moderator taking comments within one transaction, for as long as each site's policy says."""

    def __init__(
        self, conn: Connection, wiring: "Wiring", moderator_id: str, queue: Queue, lasts: Mapping[str, int]
    ) -> None:
        self._conn = conn
        self._moderator_id = moderator_id
        self._scope: roles.Scope | None = None
        self._queue = queue
        self._lasts = lasts
        self._now = wiring.clock.now_us()

    def take(self, comment_id: str, *, in_view: bool = True) -> Claim | None:
        """None if somebody else holds it, or if it is not in the view (any more)."""
        comment = comments.by_id(self._conn, comment_id)
        if comment is None:
            return None
        until = self._now + self._lasts.get(comment.site_id, 5 * MINUTE_US)
        taken = claims.take(
            self._conn, comment_id=comment_id, moderator_id=self._moderator_id, now=self._now, until=until
        )
        if not taken:
            return None
        # It may have been decided between the reading and the taking.
        if in_view and not self._is_in_queue(comment_id):
            claims.release(self._conn, comment_id=comment_id, moderator_id=self._moderator_id)
            return None
        return Claim(comment_id, self._now, until)

    def own(self) -> Claim | None:
        for comment_id in claims.of(self._conn, self._moderator_id, now=self._now):
            if claim := self.take(comment_id):
                return claim
        return None

    def first_free(self, *besides: str) -> Claim | None:
        lost: list[str] = [*besides]
        while candidates := self._next(CANDIDATES, lost):
            for comment_id in candidates:
                if claim := self.take(comment_id):
                    return claim
            lost += candidates
        return None

    def _is_in_queue(self, comment_id: str) -> bool:
        return desk_queries.is_in(self._conn, self._queue.view, comment_id, self._queue.narrowed)

    def first_free_of_several(self, *besides: str) -> Claim | None:
        """Of the last free one, nobody holds more than they read."""
        return self.first_free(*besides) if len(self._next(2, besides)) > 1 else None

    def _next(self, limit: int, besides: Sequence[str]) -> list[str]:
        self._scope = self._scope or roles.scope(self._conn, self._moderator_id)
        return desk_queries.next_for(
            self._conn, self._queue.view, self._scope, now=self._now, limit=limit, besides=besides,
            narrowed=self._queue.narrowed,
        )  # fmt: skip

    def later(self) -> "_Taker":
        """What is taken from here on was taken after what came before."""
        self._now += 1
        return self

    def keep_only(self, *kept: Claim | None) -> None:
        claims.release_others(self._conn, self._moderator_id, *(each.comment_id for each in kept if each))


def _lasts(wiring: "Wiring") -> dict[str, int]:
    return {site.id: site.policy.claim_minutes * MINUTE_US for site in wiring.sites.every()}


def claim_next(
    wiring: "Wiring", moderator_id: str, view: str, narrowed: Narrowing = EVERYTHING
) -> Claim | None:
    """The comment this moderator should read now: the one they hold, or else the first free one."""
    lasts, queue = _lasts(wiring), Queue(view, narrowed)

    def work(conn: Connection) -> Claim | None:
        taker = _Taker(conn, wiring, moderator_id, queue, lasts)
        taken = taker.own() or taker.first_free()
        taker.keep_only(taken)
        return taken

    return wiring.database.write(work)


def claim_after(
    wiring: "Wiring", moderator_id: str, view: str, comment_id: str, narrowed: Narrowing = EVERYTHING
) -> tuple[Claim | None, Claim | None]:
    """The comment being read and the one after it, so that a page has the next one before it is asked for.

    The first is None if somebody else holds it or it left the view; nothing else of theirs stays claimed.
    """
    lasts, queue = _lasts(wiring), Queue(view, narrowed)

    def work(conn: Connection) -> tuple[Claim | None, Claim | None]:
        taker = _Taker(conn, wiring, moderator_id, queue, lasts)
        current = taker.take(comment_id)
        following = taker.later().first_free_of_several(comment_id) if current else None
        taker.keep_only(current, following)
        return current, following

    return wiring.database.write(work)


def claim(wiring: "Wiring", moderator_id: str, comment_id: str) -> Claim | Held | None:
    """Take one comment and give back what else was held; None if there is no such comment."""
    now, lasts = wiring.clock.now_us(), _lasts(wiring)

    def work(conn: Connection) -> Claim | Held | None:
        if comments.by_id(conn, comment_id) is None:
            return None
        taker = _Taker(conn, wiring, moderator_id, Queue(""), lasts)
        if taken := taker.take(comment_id, in_view=False):
            taker.keep_only(taken)
            return taken
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
    """Keep the claim for another while, if nobody took it; None if there is no such comment.

    What the moderator holds besides, the comment after this one, is kept with it.
    """
    now, lasts = wiring.clock.now_us(), _lasts(wiring)

    def work(conn: Connection) -> Beat | None:
        row = comments.by_id(conn, comment_id)
        if row is None:
            return None
        until = now + lasts.get(row.site_id, 5 * MINUTE_US)
        kept = claims.extend(conn, comment_id=comment_id, moderator_id=moderator_id, until=until)
        if kept:
            claims.extend_all(conn, moderator_id=moderator_id, now=now, until=until)
        held = None if kept else _held(claims.holder(conn, comment_id, now=now))
        return Beat(until if kept else None, held, row.version, State(row.state))

    return wiring.database.write(work)


def release(wiring: "Wiring", moderator_id: str, comment_id: str, claimed_at: int | None = None) -> bool:
    return wiring.database.write(
        lambda conn: claims.release(
            conn, comment_id=comment_id, moderator_id=moderator_id, claimed_at=claimed_at
        )
    )


def _held(row: Any) -> Held | None:
    return Held(row.name, row.expires_at) if row is not None else None
