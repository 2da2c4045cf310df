"""How much is in each view of the desk and since when the oldest waits, at a cost that does not grow with the archive.

What is in a state is known exactly (tallies.py). What somebody asked about is few and counted; of the unscored and of
the audit sample counting stops where nobody works differently any more, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from moderation.domain.comment import State
from moderation.storage import tallies
from moderation.storage.desk_queries import (
    ASKED,
    AUDIT,
    AUDIT_DRAWN,
    COUNTED,
    DECIDED_VIEWS,
    VIEWS,
    asked_a_lead,
    chosen,
    in_view,
    seen_by_a_person,
)
from moderation.storage.narrowing import EVERYTHING
from moderation.storage.schema import comments

# Of the sample: so many are looked at, newest first, and so many are counted.
AUDIT_LOOKED = 2_500
AUDIT_COUNTED = 2_000
_HEAD = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many there are, or with `more` at least; and since when the oldest waits."""

    count: int
    oldest: int | None = None
    more: bool = False

    def __add__(self, other: "Waiting") -> "Waiting":
        ages = [age for age in (self.oldest, other.oldest) if age is not None]
        return Waiting(self.count + other.count, min(ages, default=None), self.more or other.more)


def counts(conn: Connection, site_ids: Sequence[str]) -> dict[str, Waiting]:
    """How much is in each view, these sites together. Of one moment, if the connection is at a snapshot."""
    totals = {view: Waiting(0) for view in VIEWS}
    by_site = tallies.counts(conn, site_ids) if site_ids else {}
    for site_id in site_ids:
        for view, waiting in _of_site(conn, site_id, by_site[site_id]).items():
            totals[view] += waiting
    return totals


def _of_site(conn: Connection, site_id: str, in_state: Any) -> dict[str, Waiting]:
    found = {view: Waiting(in_state[view]) for view in DECIDED_VIEWS}
    found["pending"] = _pending(conn, site_id, in_state[State.PENDING])
    unscored = select(comments.c.created_at).where(in_view("unscored", site_id)).order_by(comments.c.queue_key)
    found["unscored"] = _one_by_one(conn, unscored, unscored.selected_columns.created_at)
    for view in ASKED:
        asked = chosen(view, site_id, EVERYTHING)
        found[view] = _one_by_one(conn, asked, asked.selected_columns.key)
    found[AUDIT] = _sample(conn, site_id)
    return found


def _pending(conn: Connection, site_id: str, in_state: int) -> Waiting:
    """All but what a lead was asked."""
    escalated = chosen("escalated", site_id, EVERYTHING).where(comments.c.state == State.PENDING)
    with_a_lead = conn.execute(select(func.count()).select_from(escalated.subquery())).scalar_one()
    return Waiting(in_state - with_a_lead, oldest_pending(conn, site_id) if in_state else None)


def oldest_pending(conn: Connection, site_id: str, *, escalated_too: bool = False) -> int | None:
    """Priority moves a comment ahead, so what is older than these at the head lies before them in the queue."""
    mine = [comments.c.site_id == site_id, comments.c.state == State.PENDING]
    if not escalated_too:
        mine.append(~asked_a_lead())
    head = select(comments.c.created_at).where(*mine).order_by(comments.c.queue_key).limit(_HEAD).subquery()
    known = conn.execute(select(func.min(head.c.created_at))).scalar_one()
    if known is None:
        return None
    earlier = (
        select(comments.c.created_at)
        .where(*mine, comments.c.queue_key <= known)
        .order_by(comments.c.queue_key)
        .limit(COUNTED)
        .subquery()
    )
    older: int | None = conn.execute(select(func.min(earlier.c.created_at))).scalar_one()
    return min(known, older) if older is not None else known


def _one_by_one(conn: Connection, found: Any, age: Any) -> Waiting:
    some = found.limit(COUNTED + 1).subquery()
    number, oldest = conn.execute(select(func.count(), func.min(some.c[age.key])).select_from(some)).one()
    return Waiting(min(number, COUNTED), oldest, number > COUNTED)


def _sample(conn: Connection, site_id: str) -> Waiting:
    """What no person has judged yet of the newest that were drawn."""
    drawn = (
        select(comments.c.id, comments.c.state, (~seen_by_a_person()).label("waits"))
        .where(comments.c.site_id == site_id, AUDIT_DRAWN)
        .order_by(comments.c.id.desc())
        .limit(AUDIT_LOOKED + 1)
        .subquery()
    )
    waiting = func.count().filter(drawn.c.waits, drawn.c.state.in_(DECIDED_VIEWS))
    looked, number = conn.execute(select(func.count(), waiting).select_from(drawn)).one()
    return Waiting(min(number, AUDIT_COUNTED), None, number > AUDIT_COUNTED or looked > AUDIT_LOOKED)
