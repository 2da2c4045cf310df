"""What is brought in from elsewhere: known again by what it was there, and counted as if it had been posted here."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import (
    authors,
    comments,
    decision_texts,
    decisions,
    imported,
    labels,
    revisions,
    threads,
)
from moderation.storage.upsert import insert_for

Rows = Sequence[Mapping[str, Any]]


def known(conn: Connection, site_id: str, digests: Sequence[str]) -> dict[str, Record]:
    """Those that are here already, by digest: id, depth and the page they are on."""
    found = conn.execute(
        select(imported.c.digest, comments.c.id, comments.c.depth, threads.c.url)
        .join(comments, comments.c.id == imported.c.comment_id)
        .join(threads, threads.c.id == comments.c.thread_id)
        .where(imported.c.site_id == site_id, imported.c.digest.in_(digests))
    )
    return {row.digest: row for row in found}


def comments_there(conn: Connection, ids: Sequence[str]) -> dict[str, Record]:
    """Which of these ids comments have, at whatever site."""
    found = conn.execute(
        select(comments.c.id, comments.c.site_id, comments.c.depth, threads.c.url)
        .join(threads, threads.c.id == comments.c.thread_id)
        .where(comments.c.id.in_(ids))
    )
    return {row.id: row for row in found}


def decisions_there(conn: Connection, ids: Sequence[str]) -> set[str]:
    return set(conn.execute(select(decisions.c.id).where(decisions.c.id.in_(ids))).scalars())


def open_thread(conn: Connection, row: Mapping[str, Any]) -> tuple[str, bool]:
    """The thread's id, and whether it is new. One that is there stays as it is."""
    adding = insert_for(conn, threads).values(**row, approved=0, version=1)
    adding = adding.on_conflict_do_nothing(index_elements=["site_id", "url"])
    added = conn.execute(adding.returning(threads.c.id)).scalar_one_or_none()
    if added is not None:
        return str(added), True
    there = select(threads.c.id).where(threads.c.site_id == row["site_id"], threads.c.url == row["url"])
    return str(conn.execute(there).scalar_one()), False


def count_author(conn: Connection, row: Mapping[str, Any]) -> str:
    """Add to an author's tallies, who may be new; their id. A standing given here is kept, and so is a burst."""
    adding = insert_for(conn, authors).values(**row, burst_started_at=0, burst=0)
    more = {name: authors.c[name] + adding.excluded[name] for name in ("approved", "rejected", "spam", "posted")}
    adding = adding.on_conflict_do_update(index_elements=["site_id", "email_digest"], set_=more)
    return str(conn.execute(adding.returning(authors.c.id)).scalar_one())


def add(
    conn: Connection, *, comment_rows: Rows, revision_rows: Rows, decision_rows: Rows, label_rows: Rows,
    text_rows: Rows, imported_rows: Rows,
) -> None:  # fmt: skip
    """Parents before their answers."""
    for table, rows in (
        (comments, comment_rows), (revisions, revision_rows), (decisions, decision_rows), (labels, label_rows),
        (decision_texts, text_rows), (imported, imported_rows),
    ):  # fmt: skip
        if rows:
            conn.execute(insert(table), rows)


def published(conn: Connection, counts: Mapping[str, int]) -> None:
    """How many more comments the public sees under each thread."""
    if counts:
        conn.execute(_PUBLISHED, [{"on_id": id, "more": more} for id, more in sorted(counts.items())])


_PUBLISHED = (
    update(threads)
    .where(threads.c.id == bindparam("on_id"))
    .values(approved=threads.c.approved + bindparam("more"), version=threads.c.version + 1)
)
