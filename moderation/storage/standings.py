"""What standing moderators gave an author, when and why."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import author_standings, authors, moderators

MOST_SHOWN = 20


def author(conn: Connection, author_id: str) -> Record | None:
    """Everything but the address."""
    a = authors.c
    tallies = (a.approved, a.rejected, a.spam, a.posted, a.created_at)
    found = select(a.id, a.site_id, a.standing, a.standing_until, *tallies)
    return conn.execute(found.where(a.id == author_id)).one_or_none()


def give(conn: Connection, row: Mapping[str, Any]) -> None:
    conn.execute(insert(author_standings), row)
    put(conn, row["author_id"], row["standing"], row["until"])


def put(conn: Connection, author_id: str, standing: str, until: int | None) -> None:
    conn.execute(update(authors).where(authors.c.id == author_id).values(standing=standing, standing_until=until))


def of_author(conn: Connection, author_id: str) -> list[Record]:
    """Newest first, with who gave it."""
    return list(
        conn.execute(
            select(author_standings, moderators.c.name.label("giver"))
            .join(moderators, moderators.c.id == author_standings.c.moderator_id)
            .where(author_standings.c.author_id == author_id)
            .order_by(author_standings.c.id.desc())
            .limit(MOST_SHOWN)
        )
    )


def newest(conn: Connection, author_id: str) -> Record | None:
    """The one that stands: the newest that was not taken back."""
    return conn.execute(
        select(author_standings)
        .where(author_standings.c.author_id == author_id, author_standings.c.undone_at.is_(None))
        .order_by(author_standings.c.id.desc())
        .limit(1)
    ).one_or_none()


def take_back(conn: Connection, standing_id: str, *, at: int) -> None:
    conn.execute(update(author_standings).where(author_standings.c.id == standing_id).values(undone_at=at))
