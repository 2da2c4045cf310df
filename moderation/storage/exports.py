"""A site read from end to end, in the order of ids, as it was at one moment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, func, select

from moderation.domain.comment import State
from moderation.storage.database import Database
from moderation.storage.rows import Record
from moderation.storage.schema import (
    authors,
    comments,
    decision_texts,
    decisions,
    labels,
    revisions,
    threads,
)

AT_ONCE = 400


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """What is written meanwhile is not seen."""
    with database.engine.connect() as conn:
        if not database.is_sqlite:
            conn.execution_options(isolation_level="REPEATABLE READ")
        yield conn


def count(conn: Connection, site_id: str) -> int:
    found = select(func.count()).select_from(comments).where(comments.c.site_id == site_id)
    return int(conn.execute(found).scalar_one())


def threads_of(conn: Connection, site_id: str) -> Iterator[Record]:
    after = ""
    found = select(threads).where(threads.c.site_id == site_id).order_by(threads.c.id).limit(AT_ONCE)
    while rows := list(conn.execute(found.where(threads.c.id > after))):
        yield from rows
        after = rows[-1].id


def comments_of(conn: Connection, site_id: str) -> Iterator[list[Record]]:
    """With their authors, some hundred at a time, parents before answers."""
    found = (
        select(
            comments, authors.c.email_sealed, authors.c.standing, authors.c.standing_until,
            authors.c.created_at.label("author_since"),
        )
        .join(authors, authors.c.id == comments.c.author_id)
        .where(comments.c.site_id == site_id)
        .order_by(comments.c.id)
        .limit(AT_ONCE)
    )  # fmt: skip
    after = ""
    while rows := list(conn.execute(found.where(comments.c.id > after))):
        yield rows
        after = rows[-1].id


def under(conn: Connection, thread_id: str, states: Sequence[State]) -> Iterator[Record]:
    """A thread's comments in these states, as they read now."""
    found = (
        select(
            comments.c.id, comments.c.parent_id, comments.c.state, comments.c.created_at, authors.c.email_sealed,
            revisions.c.name, revisions.c.website, revisions.c.text,
        )
        .join(authors, authors.c.id == comments.c.author_id)
        .join(revisions, (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision))
        .where(comments.c.thread_id == thread_id, comments.c.state.in_(states))
        .order_by(comments.c.id)
        .limit(AT_ONCE)
    )  # fmt: skip
    after = ""
    while rows := list(conn.execute(found.where(comments.c.id > after))):
        yield from rows
        after = rows[-1].id


def about(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, list[Record]]]:
    """Revisions, decisions and labels of these comments, and the texts that go with their decisions."""
    texts = (
        select(decisions.c.comment_id, decision_texts)
        .join(decision_texts, decision_texts.c.decision_id == decisions.c.id)
        .where(decisions.c.comment_id.in_(ids))
    )
    return {
        "revisions": _by_comment(conn, _of(revisions, ids).order_by(revisions.c.revision)),
        "decisions": _by_comment(conn, _of(decisions, ids).order_by(decisions.c.version)),
        "labels": _by_comment(conn, _of(labels, ids).order_by(labels.c.decision_id)),
        "texts": _by_comment(conn, texts),
    }


def _of(table: Table, ids: Sequence[str]) -> Any:
    return select(table).where(table.c.comment_id.in_(ids))


def _by_comment(conn: Connection, found: Any) -> dict[str, list[Record]]:
    grouped: dict[str, list[Record]] = {}
    for row in conn.execute(found):
        grouped.setdefault(row.comment_id, []).append(row)
    return grouped
