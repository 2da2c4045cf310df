"""How much waits and since when; read often, so at a cost that does not grow with what waits."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from moderation.domain.comment import State
from moderation.storage import outbox, tallies, view_counts
from moderation.storage.desk_queries import UNSCORED
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
    site_ids = list(conn.execute(select(sites.c.id)).scalars())
    in_state = tallies.counts(conn, site_ids) if site_ids else {}
    with_some = [site_id for site_id, states in in_state.items() if states[State.PENDING]]
    ages = [view_counts.oldest_pending(conn, site_id) for site_id in with_some]
    unscored = conn.execute(select(func.count()).select_from(comments).where(UNSCORED)).scalar_one()
    depth, since = outbox.depth(conn)
    beats = conn.execute(select(heartbeats.c.name, heartbeats.c.beat_at))
    pending = sum(states[State.PENDING] for states in in_state.values())
    oldest = min((age for age in ages if age is not None), default=None)
    return Gauges(pending, oldest, int(unscored), depth, since, {row.name: row.beat_at for row in beats})
