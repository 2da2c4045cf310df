"""Passkeys: public keys and how often each was used, and the challenges that were answered already."""

from sqlalchemy import Connection, delete, exists, func, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import answered_challenges, moderators, passkeys
from moderation.storage.upsert import insert_for


def add(
    conn: Connection, *, id: str, moderator_id: str, credential: str, public_key: bytes, uses: int, name: str, at: int
) -> bool:
    """False if this credential is here already, whosever it is."""
    row = insert_for(conn, passkeys).values(
        id=id, moderator_id=moderator_id, credential=credential, public_key=public_key, uses=uses, name=name,
        created_at=at, used_at=None,
    )  # fmt: skip
    return conn.execute(row.on_conflict_do_nothing(index_elements=["credential"])).rowcount == 1


def of(conn: Connection, moderator_id: str) -> list[Record]:
    """The oldest first."""
    return list(conn.execute(select(passkeys).where(passkeys.c.moderator_id == moderator_id).order_by(passkeys.c.id)))


def has(conn: Connection, moderator_id: str) -> bool:
    return bool(conn.execute(select(exists().where(passkeys.c.moderator_id == moderator_id))).scalar_one())


def count(conn: Connection, moderator_id: str) -> int:
    mine = passkeys.c.moderator_id == moderator_id
    return int(conn.execute(select(func.count()).select_from(passkeys).where(mine)).scalar_one())


def find(conn: Connection, credential: str) -> Record | None:
    """With the account's state: a closed one opens nothing."""
    return conn.execute(
        select(passkeys, moderators.c.disabled)
        .join(moderators, moderators.c.id == passkeys.c.moderator_id)
        .where(passkeys.c.credential == credential)
    ).one_or_none()


def used(conn: Connection, id: str, *, before: int, uses: int, at: int) -> bool:
    """False if it was used by somebody else since it was read: a copied key counts on its own."""
    done = conn.execute(
        update(passkeys).where(passkeys.c.id == id, passkeys.c.uses == before).values(uses=uses, used_at=at)
    )
    return done.rowcount == 1


def rename(conn: Connection, moderator_id: str, id: str, name: str) -> bool:
    mine = (passkeys.c.id == id) & (passkeys.c.moderator_id == moderator_id)
    return conn.execute(update(passkeys).where(mine).values(name=name)).rowcount == 1


def remove(conn: Connection, moderator_id: str, id: str) -> bool:
    mine = (passkeys.c.id == id) & (passkeys.c.moderator_id == moderator_id)
    return conn.execute(delete(passkeys).where(mine)).rowcount == 1


def remove_all(conn: Connection, moderator_id: str) -> None:
    conn.execute(delete(passkeys).where(passkeys.c.moderator_id == moderator_id))


def answer_once(conn: Connection, challenge_digest: str, *, at: int) -> bool:
    """False if this challenge was answered before."""
    row = insert_for(conn, answered_challenges).values(digest=challenge_digest, answered_at=at)
    return conn.execute(row.on_conflict_do_nothing(index_elements=["digest"])).rowcount == 1


def forget_answered(conn: Connection, *, before: int) -> None:
    conn.execute(delete(answered_challenges).where(answered_challenges.c.answered_at < before))
