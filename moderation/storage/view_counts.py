"""How much is in each view of the desk and since when the oldest waits, at a cost that does not grow with the archive.

What is in a state is known exactly (tallies.py). What somebody asked about is few and counted; of the unscored and of
the audit sample counting stops where nobody works differently any more, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal, null, select, union_all

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
    for row in conn.execute(_looked_up(), {"site_id": site_id}):
        if row.view == "pending":
            found["pending"] = Waiting(in_state[State.PENDING] - row.number, row.oldest)
        elif row.view == AUDIT:
            found[AUDIT] = Waiting(
                min(row.number, AUDIT_COUNTED), None, row.number > AUDIT_COUNTED or row.looked > AUDIT_LOOKED
            )
        else:
            found[row.view] = Waiting(min(row.number, COUNTED), row.oldest, row.number > COUNTED)
    return found


@cache
def _looked_up() -> Any:
    """What is counted one by one, in one statement: view, number, oldest, looked. Of `pending` the number is of those
    that a lead was asked about, which stand in another view."""
    site_id: Any = bindparam("site_id")
    unscored = select(comments.c.created_at.label("key")).where(in_view("unscored", site_id))
    return union_all(
        _pending(site_id),
        _one_by_one("unscored", unscored.order_by(comments.c.queue_key)),
        *(_one_by_one(view, chosen(view, site_id, EVERYTHING)) for view in ASKED),
        _sample(site_id),
    )


def _row(view: str, number: Any, oldest: Any, looked: Any) -> Select[Any]:
    return select(
        literal(view).label("view"), number.label("number"), oldest.label("oldest"), looked.label("looked")
    )  # fmt: skip


def _pending(site_id: Any) -> Select[Any]:
    escalated = chosen("escalated", site_id, EVERYTHING).where(comments.c.state == State.PENDING).subquery()
    with_a_lead = select(func.count()).select_from(escalated).scalar_subquery()
    return _row("pending", with_a_lead, _oldest(site_id, ~asked_a_lead()).scalar_subquery(), literal(0))


def _one_by_one(view: str, found: Select[Any]) -> Select[Any]:
    some = found.limit(COUNTED + 1).subquery()
    return _row(view, func.count(), func.min(some.c.key), literal(0)).select_from(some)


def _sample(site_id: Any) -> Select[Any]:
    """What no person has judged yet of the newest that were drawn."""
    drawn = (
        select(comments.c.id, comments.c.state, (~seen_by_a_person()).label("waits"))
        .where(comments.c.site_id == site_id, AUDIT_DRAWN)
        .order_by(comments.c.id.desc())
        .limit(AUDIT_LOOKED + 1)
        .subquery()
    )
    waiting = func.count().filter(drawn.c.waits, drawn.c.state.in_(DECIDED_VIEWS))
    return _row(AUDIT, waiting, null(), func.count()).select_from(drawn)


def oldest_pending(conn: Connection, site_id: str) -> int | None:
    """Since when the oldest waits, whoever it waits for."""
    found: int | None = conn.execute(_oldest(site_id)).scalar_one()
    return found


def _oldest(site_id: Any, *more: Any) -> Select[Any]:
    """Priority moves a comment ahead, so what is older than these at the head lies before them in the queue."""
    waiting = (
        select(comments.c.created_at)
        .where(comments.c.site_id == site_id, comments.c.state == State.PENDING, *more)
        .order_by(comments.c.queue_key)
    )
    head = waiting.limit(_HEAD).subquery()
    known = select(func.min(head.c.created_at)).scalar_subquery()
    earlier = waiting.where(comments.c.queue_key <= known).limit(COUNTED).subquery()
    both = union_all(select(head.c.created_at), select(earlier.c.created_at)).subquery()
    return select(func.min(both.c.created_at))
