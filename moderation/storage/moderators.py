"""Who may moderate, and the one-time links with which they choose a password."""


from sqlalchemy import Connection, insert, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import moderators, sign_in_links


def by_id(conn: Connection, moderator_id: str) -> Record | None:
    return conn.execute(select(moderators).where(moderators.c.id == moderator_id)).one_or_none()


def by_email(conn: Connection, email: str) -> Record | None:
    return conn.execute(select(moderators).where(moderators.c.email == email)).one_or_none()


def first_admin(conn: Connection) -> Record | None:
    """The administrator who has been here longest."""
    return conn.execute(
        select(moderators)
        .where(moderators.c.role == "admin", ~moderators.c.disabled)
        .order_by(moderators.c.id)
        .limit(1)
    ).one_or_none()


def add(conn: Connection, *, id: str, email: str, name: str, role: str, at: int) -> None:
    conn.execute(
        insert(moderators),
        {
            "id": id, "email": email, "name": name, "role": role, "password_hash": None, "disabled": False,
            "created_at": at,
        },
    )  # fmt: skip


def set_password(conn: Connection, moderator_id: str, password_hash: str) -> None:
    conn.execute(
        update(moderators).where(moderators.c.id == moderator_id).values(password_hash=password_hash)
    )


def set_role(conn: Connection, moderator_id: str, role: str) -> None:
    conn.execute(update(moderators).where(moderators.c.id == moderator_id).values(role=role))


def set_disabled(conn: Connection, moderator_id: str, disabled: bool) -> None:
    conn.execute(update(moderators).where(moderators.c.id == moderator_id).values(disabled=disabled))


def add_link(conn: Connection, *, token_digest: str, moderator_id: str, now: int, until: int) -> None:
    """A new link; the moderator's earlier ones stop working."""
    conn.execute(
        update(sign_in_links)
        .where(sign_in_links.c.moderator_id == moderator_id, sign_in_links.c.expires_at > now)
        .values(expires_at=now)
    )
    conn.execute(
        insert(sign_in_links),
        {"token_digest": token_digest, "moderator_id": moderator_id, "expires_at": until, "used_at": None},
    )


def link(conn: Connection, token_digest: str, *, now: int) -> Record | None:
    """The moderator to whom a working link belongs; looking changes nothing."""
    return conn.execute(
        select(moderators)
        .join(sign_in_links, sign_in_links.c.moderator_id == moderators.c.id)
        .where(
            sign_in_links.c.token_digest == token_digest,
            sign_in_links.c.used_at.is_(None),
            sign_in_links.c.expires_at > now,
            ~moderators.c.disabled,
        )
    ).one_or_none()


def use_link(conn: Connection, token_digest: str, *, now: int) -> str | None:
    """Whose link it was; None if it was used, has expired or never was."""
    return conn.execute(
        update(sign_in_links)
        .where(
            sign_in_links.c.token_digest == token_digest,
            sign_in_links.c.used_at.is_(None),
            sign_in_links.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(sign_in_links.c.moderator_id)
    ).scalar_one_or_none()
