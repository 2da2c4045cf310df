"""Moderators' sessions: the cookie's token is not stored, only its hash."""


from sqlalchemy import Connection, delete, insert, or_, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import moderators, sessions


def add(conn: Connection, *, token_digest: str, moderator_id: str, now: int, until: int) -> None:
    conn.execute(
        insert(sessions),
        {
            "token_digest": token_digest, "moderator_id": moderator_id, "created_at": now, "seen_at": now,
            "expires_at": until,
        },
    )  # fmt: skip


def find(conn: Connection, token_digest: str, *, now: int, idle_since: int) -> Record | None:
    """The moderator of a live session (id, email, name, role) and when it was last seen."""
    return conn.execute(
        select(moderators.c.id, moderators.c.email, moderators.c.name, moderators.c.role, sessions.c.seen_at)
        .join(moderators, moderators.c.id == sessions.c.moderator_id)
        .where(
            sessions.c.token_digest == token_digest,
            sessions.c.expires_at > now,
            sessions.c.seen_at > idle_since,
            ~moderators.c.disabled,
        )
    ).one_or_none()


def of(conn: Connection, moderator_id: str, *, now: int) -> list[Record]:
    """Somebody's open sessions, the one used last first."""
    return list(
        conn.execute(
            select(sessions.c.created_at, sessions.c.seen_at)
            .where(sessions.c.moderator_id == moderator_id, sessions.c.expires_at > now)
            .order_by(sessions.c.seen_at.desc())
        )
    )


def began(conn: Connection, token_digest: str) -> int | None:
    return conn.execute(
        select(sessions.c.created_at).where(sessions.c.token_digest == token_digest)
    ).scalar_one_or_none()


def touch(conn: Connection, token_digest: str, *, now: int) -> None:
    conn.execute(update(sessions).where(sessions.c.token_digest == token_digest).values(seen_at=now))


def end(conn: Connection, token_digest: str) -> str | None:
    """Whose session it was."""
    return conn.execute(
        delete(sessions).where(sessions.c.token_digest == token_digest).returning(sessions.c.moderator_id)
    ).scalar_one_or_none()


def end_all(conn: Connection, moderator_id: str) -> None:
    """A new password ends every session that the old one began."""
    conn.execute(delete(sessions).where(sessions.c.moderator_id == moderator_id))


def end_expired(conn: Connection, *, now: int, idle_since: int) -> None:
    conn.execute(delete(sessions).where(or_(sessions.c.expires_at <= now, sessions.c.seen_at <= idle_since)))
