"""The second factor: a sealed secret, the last code that was used, and recovery codes by their hash."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from moderation.storage.schema import moderators, recovery_codes


def set_secret(conn: Connection, moderator_id: str, sealed: str | None, *, step: int | None) -> None:
    conn.execute(
        update(moderators).where(moderators.c.id == moderator_id).values(totp_sealed=sealed, totp_step=step)
    )


def use_step(conn: Connection, moderator_id: str, step: int) -> bool:
    """Each code works once, and none that is older than the last: False if it was used already."""
    later = or_(moderators.c.totp_step.is_(None), moderators.c.totp_step < step)
    done = conn.execute(
        update(moderators).where(moderators.c.id == moderator_id, later).values(totp_step=step)
    )
    return done.rowcount == 1


def set_codes(conn: Connection, moderator_id: str, digests: Iterable[str]) -> None:
    """New recovery codes; the earlier ones stop working."""
    conn.execute(delete(recovery_codes).where(recovery_codes.c.moderator_id == moderator_id))
    rows = [{"code_digest": digest, "moderator_id": moderator_id, "used_at": None} for digest in digests]
    if rows:
        conn.execute(insert(recovery_codes), rows)


def use_code(conn: Connection, moderator_id: str, digest: str, *, at: int) -> bool:
    done = conn.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.code_digest == digest, recovery_codes.c.moderator_id == moderator_id,
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=at)
    )  # fmt: skip
    return done.rowcount == 1


def codes_left(conn: Connection, moderator_id: str) -> int:
    unused = (recovery_codes.c.moderator_id == moderator_id) & recovery_codes.c.used_at.is_(None)
    return int(conn.execute(select(func.count()).select_from(recovery_codes).where(unused)).scalar_one())


def sealed_secrets(conn: Connection) -> list[tuple[str, str]]:
    """(moderator, sealed secret) each, to be sealed again under a new key."""
    rows = conn.execute(
        select(moderators.c.id, moderators.c.totp_sealed).where(moderators.c.totp_sealed.is_not(None))
    )
    return [(row.id, row.totp_sealed) for row in rows]


def reseal(conn: Connection, moderator_id: str, *, old: str, new: str) -> None:
    conn.execute(
        update(moderators)
        .where(moderators.c.id == moderator_id, moderators.c.totp_sealed == old)
        .values(totp_sealed=new)
    )
