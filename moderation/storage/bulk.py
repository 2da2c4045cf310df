"""One decision on many comments: which they were, and what became of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, update

from moderation.domain.comment import DECIDED, State
from moderation.domain.priority import MOST_AHEAD_US
from moderation.storage import reach
from moderation.storage.narrowing import Narrowing
from moderation.storage.reach import Place
from moderation.storage.rows import Record
from moderation.storage.schema import bulk_acts, bulk_items, comments

STANDING = (State.PENDING, *sorted(DECIDED))


@dataclass(frozen=True, slots=True)
class Matching:
    """Conditions on comments, and the queue_key down to which comments are looked at; None: all of them are."""

    where: Sequence[Any]
    down_to: int | None = None


def states_of(state: str) -> tuple[State, ...]:
    """Empty: any that stands."""
    return (State(state),) if state else STANDING


def matching(
    conn: Connection, site_ids: Sequence[str], state: str, narrowed: Narrowing, *, before: Place | None = None,
    look: int | None = None, enough: bool = False,
) -> Matching:  # fmt: skip
    """Of these sites, in this state, and of this part; no further back than a search reaches."""
    states = states_of(state)
    found = [comments.c.site_id.in_(site_ids), comments.c.state.in_(states), *narrowed.conditions()]
    down_to = reach.earliest(conn, site_ids, states, narrowed, before, look=look, enough=enough)
    lowest = narrowed.since - MOST_AHEAD_US if narrowed.since is not None else None
    if lowest is not None and (down_to is None or lowest >= down_to):
        found.append(comments.c.queue_key >= lowest)
        down_to = None
    elif down_to is not None:
        found.append(comments.c.queue_key >= down_to)
    if narrowed.until is not None:
        found.append(comments.c.queue_key <= narrowed.until)
    return Matching(found, down_to)


def tally(conn: Connection, where: Any, *, most: int) -> dict[str, int]:
    """How many of these are in each state, counted up to `most` in all."""
    some = select(comments.c.state).where(*where).limit(most).subquery()
    rows = conn.execute(select(some.c.state, func.count()).group_by(some.c.state))
    return {row[0]: int(row[1]) for row in rows}


def scores(conn: Connection, where: Any, *, most: int) -> list[float]:
    """Of the newest of these, how likely each is to be rejected."""
    found = select(comments.c.p_reject).where(*where, comments.c.p_reject.is_not(None))
    return list(conn.execute(found.order_by(comments.c.queue_key.desc()).limit(most)).scalars())


def newest(conn: Connection, where: Any, *, limit: int, before: Place | None = None) -> list[Place]:
    """In the order of the queue, which the index has; newest first but for what priority moved ahead by hours."""
    found = select(comments.c.queue_key, comments.c.id).where(*where)
    if before is not None:
        found = found.where(before.older())
    in_order = found.order_by(comments.c.queue_key.desc(), comments.c.id.desc()).limit(limit)
    return [Place(row.queue_key, row.id) for row in conn.execute(in_order)]


def begin(conn: Connection, act: Mapping[str, Any], where: Any, *, most: int) -> int:
    """Write down the act and the comments it is about, whose state differs from the verdict; how many."""
    conn.execute(insert(bulk_acts), {**act, "chosen_by": json.dumps(act["chosen_by"]), "total": 0})
    chosen = (
        select(literal(act["id"]), comments.c.id, comments.c.version, literal("waiting"))
        .where(*where, comments.c.state != act["verdict"])
        .order_by(comments.c.id)
        .limit(most)
    )
    conn.execute(insert(bulk_items).from_select(["bulk_id", "comment_id", "version", "ending"], chosen))
    items = select(func.count()).select_from(bulk_items).where(bulk_items.c.bulk_id == act["id"])
    total = int(conn.execute(items).scalar_one())
    conn.execute(update(bulk_acts).where(bulk_acts.c.id == act["id"]).values(total=total))
    return total


def by_id(conn: Connection, bulk_id: str) -> Record | None:
    return conn.execute(select(bulk_acts).where(bulk_acts.c.id == bulk_id)).one_or_none()


def of_moderator(conn: Connection, moderator_id: str, *, limit: int) -> list[Record]:
    mine = select(bulk_acts).where(bulk_acts.c.moderator_id == moderator_id)
    return list(conn.execute(mine.order_by(bulk_acts.c.id.desc()).limit(limit)))


def unfinished(conn: Connection) -> list[str]:
    found = select(bulk_acts.c.id).where(bulk_acts.c.stage.in_(("deciding", "undoing")))
    return list(conn.execute(found.order_by(bulk_acts.c.id)).scalars())


def endings(conn: Connection, bulk_id: str) -> dict[str, int]:
    rows = conn.execute(
        select(bulk_items.c.ending, func.count())
        .where(bulk_items.c.bulk_id == bulk_id)
        .group_by(bulk_items.c.ending)
    )
    return {row[0]: int(row[1]) for row in rows}


def next_items(conn: Connection, bulk_id: str, ending: str, *, limit: int) -> list[Record]:
    """Items that nobody else is working on."""
    return list(
        conn.execute(
            select(bulk_items)
            .where(bulk_items.c.bulk_id == bulk_id, bulk_items.c.ending == ending)
            .order_by(bulk_items.c.comment_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


def end_item(conn: Connection, item: Record, ending: str, decision_id: str | None = None) -> None:
    one = (bulk_items.c.bulk_id == item.bulk_id) & (bulk_items.c.comment_id == item.comment_id)
    conn.execute(
        update(bulk_items).where(one).values(ending=ending, decision_id=decision_id or item.decision_id)
    )


def leave_waiting(conn: Connection, bulk_id: str) -> None:
    """What was not decided yet when the act was taken back stays as it is."""
    conn.execute(
        update(bulk_items)
        .where(bulk_items.c.bulk_id == bulk_id, bulk_items.c.ending == "waiting")
        .values(ending="kept")
    )


def set_stage(conn: Connection, bulk_id: str, stage: str, *, was: Sequence[str]) -> bool:
    """False if it is in none of these stages (any more)."""
    result = conn.execute(
        update(bulk_acts).where(bulk_acts.c.id == bulk_id, bulk_acts.c.stage.in_(was)).values(stage=stage)
    )
    return result.rowcount == 1
