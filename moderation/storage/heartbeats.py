"""When each background process was last seen alive; names are `worker:…` and `clock:…`."""

from sqlalchemy import Connection, delete

from moderation.storage.schema import heartbeats
from moderation.storage.upsert import insert_for


def beat(conn: Connection, name: str, *, at: int) -> None:
    upsert = insert_for(conn, heartbeats).values(name=name, beat_at=at)
    conn.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"beat_at": at}))


def forget(conn: Connection, name: str) -> None:
    """The process ended in good order."""
    conn.execute(delete(heartbeats).where(heartbeats.c.name == name))


def forget_before(conn: Connection, at: int) -> int:
    return conn.execute(delete(heartbeats).where(heartbeats.c.beat_at < at)).rowcount
