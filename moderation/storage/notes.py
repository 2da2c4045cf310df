"""What moderators write for each other, and the two texts that may stand beside a decision."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from moderation.storage.ids import new_id
from moderation.storage.rows import Record
from moderation.storage.schema import decision_texts, moderators, notes
from moderation.storage.schema import decisions as decisions_table

MOST_SHOWN = 10


def add(conn: Connection, *, site_id: str, subject: str, moderator_id: str, text: str, at: int) -> str:
    """`subject` is comment:id or author:id."""
    row = {
        "id": new_id(at), "site_id": site_id, "subject": subject, "moderator_id": moderator_id, "text": text,
        "created_at": at,
    }  # fmt: skip
    conn.execute(insert(notes), row)
    return str(row["id"])


def about(conn: Connection, subjects: Sequence[str]) -> list[Record]:
    """Newest first, with the writer's name."""
    return list(
        conn.execute(
            select(notes, moderators.c.name.label("writer"))
            .join(moderators, moderators.c.id == notes.c.moderator_id)
            .where(notes.c.subject.in_(subjects))
            .order_by(notes.c.id.desc())
            .limit(MOST_SHOWN)
        )
    )


def add_texts(conn: Connection, decision_id: str, *, for_team: str, for_author: str) -> None:
    if for_team or for_author:
        conn.execute(
            insert(decision_texts), {"decision_id": decision_id, "for_team": for_team, "for_author": for_author}
        )


def texts_of(conn: Connection, decision_id: str) -> Record | None:
    return conn.execute(
        select(decision_texts).where(decision_texts.c.decision_id == decision_id)
    ).one_or_none()


def for_author(conn: Connection, comment_id: str) -> str:
    """What the decision that stands has to say to the comment's author; empty for nothing."""
    row = conn.execute(
        select(decision_texts.c.for_author)
        .select_from(decisions_table.outerjoin(decision_texts, decision_texts.c.decision_id == decisions_table.c.id))
        .where(decisions_table.c.comment_id == comment_id)
        .order_by(decisions_table.c.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    return row or ""
