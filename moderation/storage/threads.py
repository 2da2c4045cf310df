"""Pages with comments under them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, cast, func, literal, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import sites, threads
from moderation.storage.statements import Statement
from moderation.storage.upsert import insert_for

MOST_SECTIONS = 200

_FIND = Statement(
    select(threads).where(threads.c.site_id == bindparam("site_id"), threads.c.url == bindparam("url"))
)


def find(conn: Connection, site_id: str, url: str) -> Record | None:
    return _FIND.one_or_none(conn, {"site_id": site_id, "url": url})


def add(conn: Connection, *, id: str, site_id: str, url: str, title: str, section: str, at: int) -> str:
    """Add the thread unless another request just did; its id either way."""
    conn.execute(
        insert_for(conn, threads).on_conflict_do_nothing(index_elements=["site_id", "url"]),
        {
            "id": id, "site_id": site_id, "url": url, "title": title, "section": section, "open": True,
            "approved": 0, "version": 1, "created_at": at,
        },
    )  # fmt: skip
    found = find(conn, site_id, url)
    assert found is not None
    return str(found.id)


_PUBLISHED = Statement(
    update(threads)
    .where(threads.c.id == bindparam("thread_id"))
    .values(approved=threads.c.approved + bindparam("change"), version=threads.c.version + 1)
)


def published(conn: Connection, changes: Mapping[str, int]) -> None:
    """What the public sees of these threads changed: count it, and let caches know."""
    _PUBLISHED.run_many(conn, [{"thread_id": id, "change": changes[id]} for id in sorted(changes)])


def sections(conn: Connection, site_ids: Sequence[str]) -> list[str]:
    """The names in use, each found by a look-up in the index: there are few of them and many threads."""
    return list(conn.execute(_SECTIONS, {"site_ids": list(site_ids)}).scalars())


def _each_after_the_last() -> Select[Any]:
    begun = select(sites.c.id.label("site_id"), cast("", Text).label("name"), literal(0).label("place"))
    last = begun.where(sites.c.id.in_(bindparam("site_ids", expanding=True))).cte("names", recursive=True)
    after = select(cast(func.min(threads.c.section), Text)).where(
        threads.c.site_id == last.c.site_id, threads.c.section > last.c.name
    )
    further = (last.c.name.is_not(None), last.c.place < MOST_SECTIONS)
    names = last.union_all(select(last.c.site_id, after.scalar_subquery(), last.c.place + 1).where(*further))
    return select(names.c.name).where(names.c.name > "").distinct().order_by(names.c.name).limit(MOST_SECTIONS)


_SECTIONS = _each_after_the_last()
