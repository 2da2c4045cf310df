"""Texts of other programs that wait for a second look, or had one: sealed until then, a hash and a verdict after."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import shown_texts
from moderation.storage.upsert import insert_for


def add(conn: Connection, row: Mapping[str, Any]) -> bool:
    """False where the same words are there already."""
    adding = insert_for(conn, shown_texts).values(**row).on_conflict_do_nothing(index_elements=["site_id", "digest"])
    return bool(conn.execute(adding).rowcount)


def find(conn: Connection, site_id: str, digest: str) -> Record | None:
    asked = select(shown_texts).where(shown_texts.c.site_id == site_id, shown_texts.c.digest == digest)
    return conn.execute(asked).one_or_none()


def unread(conn: Connection, ids: Sequence[str]) -> dict[str, Record]:
    rows = conn.execute(select(shown_texts).where(shown_texts.c.id.in_(ids), shown_texts.c.spam.is_(None)))
    return {row.id: row for row in rows}


def waiting(conn: Connection, *, most: int) -> int:
    """How many nobody has read yet, counted to `most`."""
    some = select(shown_texts.c.id).where(shown_texts.c.sealed.is_not(None)).limit(most).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def settle(conn: Connection, id: str, *, spam: bool) -> None:
    """The words have served."""
    conn.execute(update(shown_texts).where(shown_texts.c.id == id).values(spam=spam, sealed=None))


def forget_before(conn: Connection, before: int) -> int:
    return conn.execute(delete(shown_texts).where(shown_texts.c.created_at < before)).rowcount
