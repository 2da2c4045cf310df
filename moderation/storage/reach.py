"""How far back a search looks: so many comments, however many there are, and the next page goes on from there.

What no index finds, a range of scores or a language say, is sifted out of the comments in their order. The index
(site, state, queue_key) gives that order, and tells for each site and state where its share ends; the search ends
where the first of them does, so that nothing in between is left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, func, or_, select, union_all
from sqlalchemy.sql import ColumnElement

from moderation.storage.ids import lowest_id, made_at
from moderation.storage.narrowing import Narrowing
from moderation.storage.schema import comments

LOOKED = 20_000
# SQLite puts no more than 500 selects together.
MOST_SOURCES = 400


class Place(NamedTuple):
    """Where a page of a list ends: the comment's place in the order, newest first."""

    key: int
    id: str

    def older(self) -> ColumnElement[bool]:
        c = comments.c
        return or_(c.queue_key < self.key, and_(c.queue_key == self.key, c.id < self.id))


def earliest(
    conn: Connection, site_ids: Sequence[str], states: Sequence[str], narrowed: Narrowing, before: Place | None, *,
    look: int | None = None, enough: bool = False,
) -> int | None:  # fmt: skip
    """The lowest queue_key to look at; None: all there are. No more than twice `look` comments lie above it or, where
    it must be `enough`, at least `look`. Priority moves a comment ahead, so that none lies later than it arrived."""
    look = look or LOOKED
    start = min((each for each in (narrowed.until, before.key if before else None) if each is not None), default=None)
    ids = [one for one in site_ids if narrowed.site_id in (None, one)]
    sources = [(site_id, state) for site_id in ids for state in states]
    if not sources or narrowed.looked_up:
        return None
    if len(sources) > MOST_SOURCES:
        return _of_any_site(conn, start, look)
    share = look if enough or len(sources) == 1 else max(1, 2 * look // len(sources))
    ends = union_all(*(_end(site_id, state, start, share) for site_id, state in sources)).subquery()
    return conn.execute(select(func.max(ends.c.queue_key))).scalar_one_or_none()


def _end(site_id: str, state: str, start: int | None, share: int) -> Select[tuple[int]]:
    """Where the `share` newest of a site and state end, read off the index."""
    mine = select(comments.c.queue_key).where(comments.c.site_id == site_id, comments.c.state == state)
    if start is not None:
        mine = mine.where(comments.c.queue_key <= start)
    one = mine.order_by(comments.c.queue_key.desc()).limit(1).offset(share).subquery()
    return select(one.c.queue_key)


def _of_any_site(conn: Connection, start: int | None, look: int) -> int | None:
    found = select(comments.c.id).order_by(comments.c.id.desc()).limit(1).offset(look)
    if start is not None:
        found = found.where(comments.c.id <= lowest_id(start))
    last = conn.execute(found).scalar_one_or_none()
    return made_at(last) if last is not None else None
