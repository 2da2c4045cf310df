"""What happened at each site on each day, counted once: the page of numbers reads this and no comment.

Ids sort by time, so a day is a range of the primary key, however many comments there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Integer, case, cast, delete, func, select, text

from moderation.domain.comment import DECIDED, State
from moderation.storage.ids import lowest_id
from moderation.storage.schema import comments, decisions, labels, site_days, sites
from moderation.storage.upsert import insert_for

DAY_US = 86_400_000_000
SCORE_BINS = 10
_BY_MODERATOR = text("decisions.look = 'moderator'")
Row = Any
Counts = dict[str, dict[str, float]]  # by site, by name


def put(conn: Connection, day: int, counts: Mapping[str, Mapping[str, float]]) -> None:
    """In the place of what was counted before.

    What can only be seen on the day itself stays: the worst of `worst:`, the last of `alpha` and `error:`.
    """
    for site_id, values in counts.items():
        mine = (site_days.c.site_id == site_id) & (site_days.c.day == day)
        merged = dict(values)
        for row in conn.execute(select(site_days.c.name, site_days.c.value).where(mine)):
            if row.name.startswith("worst:"):
                merged[row.name] = max(row.value, merged.get(row.name, row.value))
            elif row.name.startswith(("alpha", "error:")):
                merged.setdefault(row.name, row.value)
        conn.execute(delete(site_days).where(mine))
        add(conn, site_id, day, merged)


def add(conn: Connection, site_id: str, day: int, values: Mapping[str, float]) -> None:
    """Beside what is there; the same name again replaces it, also what another clock wrote this instant."""
    rows = [{"site_id": site_id, "day": day, "name": name, "value": value} for name, value in values.items()]
    if rows:
        row = insert_for(conn, site_days)
        kept = row.on_conflict_do_update(
            index_elements=["site_id", "day", "name"], set_={"value": row.excluded.value}
        )
        conn.execute(kept, rows)


def days_counted(conn: Connection, *, since: int) -> set[int]:
    """Days that are over and were counted after they were."""
    done = select(site_days.c.day).where(site_days.c.day >= since, site_days.c.name == "over").distinct()
    return set(conn.execute(done).scalars())


def read(conn: Connection, site_ids: Sequence[str], *, since: int) -> list[Any]:
    found = select(site_days).where(site_days.c.site_id.in_(site_ids), site_days.c.day >= since)
    return list(conn.execute(found.order_by(site_days.c.day)))


def count(conn: Connection, day: int) -> Counts:
    """Everything that is counted of a day, by site."""
    found: Counts = {site_id: {} for site_id in conn.execute(select(sites.c.id)).scalars()}
    low, high = lowest_id(day * DAY_US), lowest_id((day + 1) * DAY_US)
    _arrived(conn, found, low, high)
    _decided(conn, found, low, high)
    return found


def _arrived(conn: Connection, found: Counts, low: str, high: str) -> None:
    """Comments by band, and how their scores are spread."""
    bin_ = cast(case((comments.c.p_reject >= 1, 0.999), else_=comments.c.p_reject) * SCORE_BINS - 0.5, Integer)
    if conn.dialect.name == "sqlite":  # it cuts where PostgreSQL rounds
        bin_ = cast(case((comments.c.p_reject >= 1, 0.999), else_=comments.c.p_reject) * SCORE_BINS, Integer)
    rows = conn.execute(
        select(comments.c.site_id, comments.c.band, bin_.label("bin"), func.count().label("n"))
        .where(comments.c.id >= low, comments.c.id < high)
        .group_by(comments.c.site_id, comments.c.band, bin_)
    )
    for row in rows:
        values = found.setdefault(row.site_id, {})
        _add(values, f"band:{row.band}", row.n)
        if row.bin is not None:
            _add(values, f"score:{min(SCORE_BINS - 1, max(0, row.bin))}", row.n)


def _decided(conn: Connection, found: Counts, low: str, high: str) -> None:
    """Moderators' decisions: how long they took, what they overturned, whether the model had said so."""
    waits: dict[str, list[int]] = defaultdict(list)
    for site_id in list(found):
        rows = conn.execute(
            select(
                decisions.c.created_at, decisions.c.state_before, decisions.c.state_after, comments.c.p_reject,
                comments.c.created_at.label("arrived_at"), labels.c.source,
            )
            .join(comments, comments.c.id == decisions.c.comment_id)
            .outerjoin(labels, labels.c.decision_id == decisions.c.id)
            .where(decisions.c.site_id == site_id, _BY_MODERATOR, decisions.c.id >= low, decisions.c.id < high)
        )  # fmt: skip
        values = found[site_id]
        for row in rows:
            _add(values, "decided", 1)
            if row.state_before == State.PENDING:
                waits[site_id].append(row.created_at - row.arrived_at)
            elif row.state_before in DECIDED:
                _add(values, f"checked:{row.source or 'moderator'}", 1)
                if row.state_after != row.state_before:
                    _add(values, f"overturned:{row.source or 'moderator'}", 1)
            if row.p_reject is not None:
                _add(values, "judged", 1)
                _add(values, "agreed", (row.p_reject >= 0.5) is (row.state_after != State.APPROVED))
    for site_id, each in waits.items():
        each.sort()
        found[site_id]["wait:p50"] = each[len(each) // 2] / 1_000_000
        found[site_id]["wait:p95"] = each[min(len(each) - 1, int(len(each) * 0.95))] / 1_000_000


def _add(values: dict[str, float], name: str, more: float) -> None:
    values[name] = values.get(name, 0) + more


def judgements(conn: Connection, site_id: str, *, since: int) -> list[list[str]]:
    """Of comments that two or more people decided: the last verdict of each of them."""
    rows = conn.execute(
        select(decisions.c.comment_id, decisions.c.decided_by, decisions.c.state_after)
        .where(decisions.c.site_id == site_id, _BY_MODERATOR, decisions.c.id >= lowest_id(since))
        .order_by(decisions.c.id)
    )
    by_comment: dict[str, dict[str, str]] = {}
    for row in rows:
        by_comment.setdefault(row.comment_id, {})[row.decided_by] = row.state_after
    return [list(verdicts.values()) for verdicts in by_comment.values() if len(verdicts) > 1]


def by_hour(conn: Connection, site_ids: Iterable[str], *, since: int) -> dict[int, int]:
    """Moderators' decisions in each hour since the epoch."""
    hours: dict[int, int] = defaultdict(int)
    hour = decisions.c.created_at / 3_600_000_000
    if conn.dialect.name == "postgresql":
        hour = func.floor(hour)
    hour = cast(hour, Integer)
    for site_id in site_ids:
        found = (
            select(hour.label("hour"), func.count().label("n"))
            .where(decisions.c.site_id == site_id, _BY_MODERATOR, decisions.c.id >= lowest_id(since))
            .group_by(hour)
        )
        for row in conn.execute(found):
            hours[row.hour] += row.n
    return dict(hours)


def labelled(conn: Connection, site_ids: Sequence[str]) -> int:
    """How many decisions of people the model may learn from."""
    return int(
        conn.execute(select(func.count()).select_from(labels).where(labels.c.site_id.in_(site_ids))).scalar_one()
    )


def oldest_waiting(conn: Connection) -> dict[str, int]:
    """Since when each site's oldest comment waits; read at the head of the queue, where priority leaves it."""
    oldest: dict[str, int] = {}
    for site_id in conn.execute(select(sites.c.id)).scalars():
        head = (
            select(comments.c.created_at)
            .where(comments.c.site_id == site_id, comments.c.state == State.PENDING)
            .order_by(comments.c.queue_key)
            .limit(500)
            .subquery()
        )
        found = conn.execute(select(func.min(head.c.created_at))).scalar_one_or_none()
        if found is not None:
            oldest[site_id] = found
    return oldest


