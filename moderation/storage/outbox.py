"""What must still happen to a comment, written in the transaction that made it necessary.

A worker takes work by a conditional UPDATE that sets a fresh lease, and finishes it by a DELETE that
names that lease: a worker that slept past its lease changes nothing.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from moderation.storage.ids import new_id
from moderation.storage.rows import Record
from moderation.storage.schema import outbox
from moderation.storage.statements import Statement
from moderation.storage.upsert import insert_for

SECOND_LOOK = "second_look"
# The same for a text that another program showed us; its id stands where a comment's does.
SHOWN_TEXT = "shown_text"
_ADD = Statement(insert(outbox), columns=outbox.c.keys())


def add_all(conn: Connection, *, kind: str, comments: Sequence[tuple[str, int]]) -> None:
    """Work on the first revision of each comment, from its time on."""
    _ADD.run_many(
        conn,
        [
            {
                "id": new_id(at), "kind": kind, "comment_id": comment_id, "revision": 1, "attempts": 0,
                "due_at": at, "lease": None, "created_at": at,
            }
            for comment_id, at in comments
        ],
    )  # fmt: skip


def due(conn: Connection, *, kind: str, now: int, limit: int, newest: bool = False) -> list[str]:
    """Ids of comments with work that nobody holds, oldest first or newest first."""
    return list(
        conn.execute(
            select(outbox.c.comment_id)
            .where(outbox.c.kind == kind, outbox.c.due_at <= now)
            .order_by(outbox.c.due_at.desc() if newest else outbox.c.due_at)
            .limit(limit)
        ).scalars()
    )


def attempts(conn: Connection, *, kind: str, comment_ids: list[str], now: int) -> dict[str, int]:
    """How often somebody has taken each of these and not finished; only those that are due."""
    rows = conn.execute(
        select(outbox.c.comment_id, func.max(outbox.c.attempts).label("tries"))
        .where(outbox.c.kind == kind, outbox.c.comment_id.in_(comment_ids), outbox.c.due_at <= now)
        .group_by(outbox.c.comment_id)
    )
    return {row.comment_id: row.tries for row in rows}


def lease(conn: Connection, *, kind: str, comment_ids: list[str], token: str, now: int, until: int) -> list[Record]:
    """Take what is due of these; rows that another worker holds are left out."""
    result = conn.execute(
        update(outbox)
        .where(outbox.c.kind == kind, outbox.c.comment_id.in_(comment_ids), outbox.c.due_at <= now)
        .values(lease=token, due_at=until, attempts=outbox.c.attempts + 1)
        .returning(outbox.c.id, outbox.c.comment_id, outbox.c.revision, outbox.c.attempts)
    )
    return list(result)


def finish(conn: Connection, *, id: str, token: str) -> bool:
    """Done, if the lease is still ours."""
    return conn.execute(delete(outbox).where(outbox.c.id == id, outbox.c.lease == token)).rowcount == 1


def postpone(conn: Connection, *, id: str, token: str, due_at: int, counted: bool = True) -> bool:
    """Give a lease back until later; `counted=False` forgets the attempt, which was not the comment's fault."""
    attempts = outbox.c.attempts if counted else outbox.c.attempts - 1
    result = conn.execute(
        update(outbox)
        .where(outbox.c.id == id, outbox.c.lease == token)
        .values(lease=None, due_at=due_at, attempts=attempts)
    )
    return result.rowcount == 1


def ensure(conn: Connection, *, kind: str, comment_id: str, revision: int, at: int) -> None:
    """Add work unless it is there already."""
    conn.execute(
        insert_for(conn, outbox).on_conflict_do_nothing(index_elements=["comment_id", "revision", "kind"]),
        {
            "id": new_id(at), "kind": kind, "comment_id": comment_id, "revision": revision, "attempts": 0,
            "due_at": at, "lease": None, "created_at": at,
        },
    )  # fmt: skip


def depth(conn: Connection) -> tuple[int, int | None]:
    """How much is waiting, and since when the oldest is."""
    row = conn.execute(select(func.count(), func.min(outbox.c.created_at)).select_from(outbox)).one()
    return int(row[0]), row[1]
