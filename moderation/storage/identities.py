"""Who somebody is at an identity provider: bound once, by what does not change there."""

from sqlalchemy import Connection, delete, exists, select

from moderation.storage.rows import Record
from moderation.storage.schema import identities, moderators
from moderation.storage.upsert import insert_for


def of(conn: Connection, issuer: str, subject: str) -> Record | None:
    """The moderator: id, disabled."""
    return conn.execute(
        select(moderators.c.id, moderators.c.disabled)
        .join(identities, identities.c.moderator_id == moderators.c.id)
        .where(identities.c.issuer == issuer, identities.c.subject == subject)
    ).one_or_none()


def known_at(conn: Connection, issuer: str, moderator_id: str) -> bool:
    found = exists().where(identities.c.issuer == issuer, identities.c.moderator_id == moderator_id)
    return bool(conn.execute(select(found)).scalar_one())


def bind(conn: Connection, *, issuer: str, subject: str, moderator_id: str, at: int) -> None:
    row = insert_for(conn, identities).values(issuer=issuer, subject=subject, moderator_id=moderator_id, created_at=at)
    conn.execute(row.on_conflict_do_nothing(index_elements=["issuer", "subject"]))


def forget(conn: Connection, moderator_id: str) -> None:
    conn.execute(delete(identities).where(identities.c.moderator_id == moderator_id))
