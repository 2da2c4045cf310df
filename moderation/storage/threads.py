"""Pages with comments under them."""


from sqlalchemy import Connection, bindparam, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import threads
from moderation.storage.upsert import insert_for

_FIND = select(threads).where(threads.c.site_id == bindparam("site_id"), threads.c.url == bindparam("url"))


def find(conn: Connection, site_id: str, url: str) -> Record | None:
    return conn.execute(_FIND, {"site_id": site_id, "url": url}).one_or_none()


def add(conn: Connection, *, id: str, site_id: str, url: str, title: str, at: int) -> str:
    """Add the thread unless another request just did; its id either way."""
    conn.execute(
        insert_for(conn, threads).on_conflict_do_nothing(index_elements=["site_id", "url"]),
        {
            "id": id, "site_id": site_id, "url": url, "title": title, "open": True,
            "approved": 0, "version": 1, "created_at": at,
        },
    )  # fmt: skip
    return str(conn.execute(_FIND, {"site_id": site_id, "url": url}).one().id)


_PUBLISHED = (
    update(threads)
    .where(threads.c.id == bindparam("thread_id"))
    .values(approved=threads.c.approved + bindparam("change"), version=threads.c.version + 1)
)


def published(conn: Connection, thread_id: str, change: int) -> None:
    """What the public sees changed: count it, and let caches know."""
    conn.execute(_PUBLISHED, {"thread_id": thread_id, "change": change})
