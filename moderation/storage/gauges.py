"""How much waits and since when, counted from the tables themselves."""

from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from moderation.storage import outbox
from moderation.storage.schema import comments, heartbeats, sites


@dataclass(frozen=True, slots=True)
class Gauges:
    """Times are UTC microseconds; None where nothing waits."""

    pending: int
    oldest_pending_at: int | None
    unscored: int
    outbox: int
    oldest_outbox_at: int | None
    heartbeats: dict[str, int]


def read(conn: Connection) -> Gauges:
    # By way of sites: the index of the queue begins with the site, so only pending rows are touched.
    waiting = select(
        func.count(comments.c.id),
        func.min(comments.c.created_at),
        func.coalesce(func.sum(case((comments.c.band == "unscored", 1), else_=0)), 0),
    ).select_from(sites.join(comments, (comments.c.site_id == sites.c.id) & (comments.c.state == "pending")))
    pending, oldest, unscored = conn.execute(waiting).one()
    depth, since = outbox.depth(conn)
    beats = conn.execute(select(heartbeats.c.name, heartbeats.c.beat_at))
    return Gauges(int(pending), oldest, int(unscored), depth, since, {row.name: row.beat_at for row in beats})
