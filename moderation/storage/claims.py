"""Who is reading which comment, until when; and which comments a moderator has set aside."""


from sqlalchemy import Connection, delete, func, or_, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import claims, moderators, skips
from moderation.storage.upsert import insert_for


def take(conn: Connection, *, comment_id: str, moderator_id: str, now: int, until: int) -> bool:
    """Claim a comment that is free, expired or already ours; False if somebody else holds it.

    One statement: on PostgreSQL the loser of a race waits for the winner's transaction and then sees
    its claim, on SQLite there is one writer.
    """
    statement = insert_for(conn, claims).values(
        comment_id=comment_id, moderator_id=moderator_id, claimed_at=now, expires_at=until
    )
    mine = statement.on_conflict_do_update(
        index_elements=["comment_id"],
        set_={"moderator_id": moderator_id, "claimed_at": now, "expires_at": until},
        where=or_(claims.c.expires_at <= now, claims.c.moderator_id == moderator_id),
    ).returning(claims.c.comment_id)
    return conn.execute(mine).one_or_none() is not None


def of(conn: Connection, moderator_id: str, *, now: int) -> list[str]:
    """The comments that a moderator holds, the one they read before the one that comes after it."""
    return list(
        conn.execute(
            select(claims.c.comment_id).where(
                claims.c.moderator_id == moderator_id, claims.c.expires_at > now
            ).order_by(claims.c.claimed_at)
        ).scalars()
    )


def holder(conn: Connection, comment_id: str, *, now: int) -> Record | None:
    """Who holds a comment: moderator_id, name, claimed_at, expires_at."""
    return conn.execute(
        select(claims.c.moderator_id, moderators.c.name, claims.c.claimed_at, claims.c.expires_at)
        .join(moderators, moderators.c.id == claims.c.moderator_id)
        .where(claims.c.comment_id == comment_id, claims.c.expires_at > now)
    ).one_or_none()


def extend(conn: Connection, *, comment_id: str, moderator_id: str, until: int) -> bool:
    """Keep a claim that nobody took meanwhile; False if it is gone."""
    result = conn.execute(
        update(claims)
        .where(claims.c.comment_id == comment_id, claims.c.moderator_id == moderator_id)
        .values(expires_at=until)
    )
    return result.rowcount == 1


def extend_all(conn: Connection, *, moderator_id: str, now: int, until: int) -> None:
    conn.execute(
        update(claims)
        .where(claims.c.moderator_id == moderator_id, claims.c.expires_at > now)
        .values(expires_at=until)
    )


def release(conn: Connection, *, comment_id: str, moderator_id: str, claimed_at: int | None = None) -> bool:
    """Give a comment back. With `claimed_at`, only the claim of that moment.

    A page that is being left names the moment, since its message may arrive after the next page took
    the same comment again.
    """
    statement = delete(claims).where(claims.c.comment_id == comment_id, claims.c.moderator_id == moderator_id)
    if claimed_at is not None:
        statement = statement.where(claims.c.claimed_at == claimed_at)
    return conn.execute(statement).rowcount == 1


def release_others(conn: Connection, moderator_id: str, *kept: str | None) -> None:
    statement = delete(claims).where(claims.c.moderator_id == moderator_id)
    if any(kept):
        statement = statement.where(claims.c.comment_id.not_in([each for each in kept if each]))
    conn.execute(statement)


def settle(conn: Connection, comment_id: str) -> None:
    """The comment was decided: nobody needs to hold it."""
    conn.execute(delete(claims).where(claims.c.comment_id == comment_id))


def release_expired(conn: Connection, *, now: int) -> int:
    """Tidy up; an expired claim holds nothing even while its row is there."""
    return conn.execute(delete(claims).where(claims.c.expires_at <= now)).rowcount


def others(conn: Connection, moderator_id: str, *, now: int) -> int:
    """How many other moderators are reading something."""
    return int(
        conn.execute(
            select(func.count(func.distinct(claims.c.moderator_id))).where(
                claims.c.moderator_id != moderator_id, claims.c.expires_at > now
            )
        ).scalar_one()
    )


def skip(conn: Connection, *, comment_id: str, moderator_id: str, at: int) -> None:
    statement = insert_for(conn, skips).values(
        moderator_id=moderator_id, comment_id=comment_id, created_at=at
    )
    conn.execute(statement.on_conflict_do_nothing(index_elements=["moderator_id", "comment_id"]))


def forget_skip(conn: Connection, *, comment_id: str, moderator_id: str) -> None:
    conn.execute(delete(skips).where(skips.c.moderator_id == moderator_id, skips.c.comment_id == comment_id))


def forget_skips(conn: Connection, moderator_id: str) -> None:
    """A new round begins: what was skipped is shown again."""
    conn.execute(delete(skips).where(skips.c.moderator_id == moderator_id))
