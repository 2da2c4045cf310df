"""What the desk reads: its views in order, and how much waits in each, at a bounded cost.

A view is a condition over the comments, never a copy. Each is read site by site, so that the index
(site, state, queue_key) gives the order and a page of a million comments costs what a page of ten does.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, select, text

from moderation.domain.comment import DECIDED, Band, Look, State
from moderation.domain.concern import Concern
from moderation.domain.roles import Right
from moderation.storage import roles
from moderation.storage.narrowing import EVERYTHING, Narrowing
from moderation.storage.schema import claims, comments, concerns, decisions, revisions, skips

WAITING = ("pending", "unscored")
# Views of what somebody asked another look for, each by its kind of concern.
ASKED = {"reported": Concern.REPORT, "escalated": Concern.ESCALATION, "appeals": Concern.APPEAL}
DECIDED_VIEWS = ("approved", "rejected", "spam")
AUDIT = "audit"
VIEWS = ("pending", "reported", "unscored", "escalated", "appeals", AUDIT, *DECIDED_VIEWS)
# Counting stops here: nobody works differently at 10,000 than at 12,000.
COUNTED = 10_000
AUDIT_COUNTED = 2_000

# Literal, as in the index's own condition: a bound parameter would not match a partial index.
_AUDIT_DRAWN = text("comments.audit_drawn")
_BY_MODERATOR = text("decisions.look = 'moderator'")
_OPEN = text("concerns.settled_at IS NULL")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many there are (COUNTED + 1 means more than that), and since when the oldest waits."""

    count: int
    oldest: int | None = None


def _undone() -> Any:
    undo = decisions.alias("undo")
    return exists().where(
        undo.c.comment_id == decisions.c.comment_id, undo.c.look == Look.UNDO, undo.c.undoes == decisions.c.id
    )


def _seen_by_a_person() -> Any:
    return exists().where(
        decisions.c.comment_id == comments.c.id, decisions.c.look == Look.MODERATOR, ~_undone()
    )


def _in_view(view: str, site_id: str) -> Any:
    mine = comments.c.site_id == site_id
    if view == AUDIT:
        return and_(mine, _AUDIT_DRAWN, comments.c.state.in_(sorted(DECIDED)), ~_seen_by_a_person())
    if view in ASKED:
        return and_(mine, _asked(ASKED[view]), comments.c.state.in_(_STANDING))
    if view == "unscored":
        return and_(mine, comments.c.state == State.PENDING, comments.c.band == Band.UNSCORED, ~_asked_a_lead())
    if view == "pending":
        return and_(mine, comments.c.state == State.PENDING, ~_asked_a_lead())
    return and_(mine, comments.c.state == State(view))


_STANDING = (State.PENDING, *sorted(DECIDED))


def _asked(kind: Concern) -> Any:
    return exists().where(concerns.c.comment_id == comments.c.id, concerns.c.kind == kind, _OPEN)


def _asked_a_lead() -> Any:
    return _asked(Concern.ESCALATION)


def _first_asked(view: str) -> Any:
    """When the oldest open concern of this view about a comment was raised."""
    about = concerns.c.comment_id == comments.c.id
    return (
        select(func.min(concerns.c.created_at)).where(about, concerns.c.kind == ASKED[view], _OPEN).scalar_subquery()
    )


def _asked_about(view: str, site_id: str) -> Any:
    """Ids of the comments with an open concern: few, so the view starts from them."""
    return select(concerns.c.comment_id).where(
        concerns.c.site_id == site_id, concerns.c.kind == ASKED[view], _OPEN
    )


def _chosen(view: str, site_id: str, narrowed: Narrowing) -> Select[Any]:
    """id and `key`, by which the view is ordered, of the part of a view that is at one site."""
    key = _first_asked(view) if view in ASKED else comments.c.queue_key
    found = select(comments.c.id, key.label("key")).where(_in_view(view, site_id), *narrowed.conditions())
    return found.where(comments.c.id.in_(_asked_about(view, site_id))) if view in ASKED else found


def _order(view: str) -> Any:
    """Waiting ones soonest first; decided ones and the sample newest first."""
    if view in ASKED:
        return text("key")
    if view in WAITING:
        return comments.c.queue_key
    return comments.c.id.desc() if view == AUDIT else comments.c.queue_key.desc()


def _site_ids(conn: Connection, moderator_id: str, right: Right = Right.LOOK) -> list[str]:
    """Whose sites these are: every query of the desk goes through here, so that none shows another's."""
    return roles.site_ids(conn, moderator_id, right)


def next_for(
    conn: Connection, view: str, moderator_id: str, *, now: int, limit: int, besides: Sequence[str] = (),
    narrowed: Narrowing = EVERYTHING,
) -> list[str]:  # fmt: skip
    """What this moderator may read next: not held by somebody else, not skipped in this round."""
    held = exists().where(
        claims.c.comment_id == comments.c.id, claims.c.expires_at > now, claims.c.moderator_id != moderator_id
    )
    skipped = exists().where(skips.c.comment_id == comments.c.id, skips.c.moderator_id == moderator_id)

    def of_site(site_id: str) -> Select[Any]:
        found = _chosen(view, site_id, narrowed).where(~held, ~skipped)
        return found.where(comments.c.id.not_in(besides)) if besides else found

    mine = _site_ids(conn, moderator_id, Right.DECIDE)
    return [row.id for row in _merged(conn, mine, view, of_site, limit)]


def is_in(conn: Connection, view: str, comment_id: str, narrowed: Narrowing = EVERYTHING) -> bool:
    """Does this comment belong to this part of the view, as of now?"""
    site = conn.execute(select(comments.c.site_id).where(comments.c.id == comment_id)).scalar_one_or_none()
    found = select(comments.c.id).where(
        comments.c.id == comment_id, _in_view(view, site or ""), *narrowed.conditions()
    )
    return conn.execute(found).one_or_none() is not None


def page(
    conn: Connection, view: str, moderator_id: str, *, limit: int, before: int | None = None,
    narrowed: Narrowing = EVERYTHING,
) -> list[Any]:  # fmt: skip
    """A list of a view with what a line of it shows; of a decided view, what came before `before`."""

    def of_site(site_id: str) -> Select[Any]:
        found = _chosen(view, site_id, narrowed)
        return found.where(comments.c.queue_key < before) if before is not None else found

    mine = _site_ids(conn, moderator_id)
    return lines(conn, [row.id for row in _merged(conn, mine, view, of_site, limit)])


def _merged(conn: Connection, mine: list[str], view: str, of_site: Any, limit: int) -> list[Any]:
    rows: list[list[Any]] = [
        list(conn.execute(of_site(site_id).order_by(_order(view)).limit(limit))) for site_id in mine
    ]
    if view in WAITING or view in ASKED:
        merged: Iterator[Any] = heapq.merge(*rows, key=lambda row: row.key)
    else:
        field = "id" if view == AUDIT else "key"
        merged = heapq.merge(*rows, key=lambda row: getattr(row, field), reverse=True)
    return [row for row, _ in zip(merged, range(limit), strict=False)]


def lines(conn: Connection, ids: list[str]) -> list[Any]:
    """One line each, in the order asked for."""
    found = conn.execute(
        select(
            comments.c.id, comments.c.state, comments.c.p_reject, comments.c.queue_key, comments.c.created_at,
            comments.c.flood_id, revisions.c.name, func.substr(revisions.c.text, 1, 200).label("text"),
        )
        .join(
            revisions,
            (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision),
        )
        .where(comments.c.id.in_(ids))
    )  # fmt: skip
    by_id = {row.id: row for row in found}
    return [by_id[one] for one in ids if one in by_id]


def counts(conn: Connection, site_ids: Sequence[str]) -> dict[str, Waiting]:
    """How much is in each view, these sites together."""
    totals: dict[str, Waiting] = {}
    for site_id in site_ids:
        for view, waiting in _counts_of(conn, site_id):
            totals[view] = _sum(totals.get(view), waiting)
    return {view: totals.get(view, Waiting(0)) for view in VIEWS}


def _counts_of(conn: Connection, site_id: str) -> Iterator[tuple[str, Waiting]]:
    head = (
        select(comments.c.created_at, comments.c.band)
        .where(_in_view("pending", site_id))
        .order_by(comments.c.queue_key)
        .limit(COUNTED + 1)
        .subquery()
    )
    # Priority moves a comment ahead by hours at most, so the oldest is near the head of the queue.
    unscored = head.c.band == Band.UNSCORED
    row = conn.execute(
        select(
            func.count(), func.min(head.c.created_at), func.count().filter(unscored),
            func.min(head.c.created_at).filter(unscored),
        ).select_from(head)
    ).one()  # fmt: skip
    yield "pending", Waiting(row[0], row[1])
    yield "unscored", Waiting(row[2], row[3])
    for view in ASKED:
        asked = _chosen(view, site_id, EVERYTHING).limit(COUNTED + 1).subquery()
        row = conn.execute(select(func.count(), func.min(asked.c.key)).select_from(asked)).one()
        yield view, Waiting(row[0], row[1])
    for view in DECIDED_VIEWS:
        yield view, Waiting(_capped(conn, select(comments.c.id).where(_in_view(view, site_id)), COUNTED))
    drawn = (
        select(comments.c.id)
        .where(comments.c.site_id == site_id, _AUDIT_DRAWN)
        .order_by(comments.c.id.desc())
        .limit(AUDIT_COUNTED)
        .subquery()
    )
    unseen = select(comments.c.id).where(comments.c.id.in_(select(drawn.c.id)), _in_view(AUDIT, site_id))
    yield AUDIT, Waiting(_capped(conn, unseen, AUDIT_COUNTED))


def _capped(conn: Connection, found: Select[Any], most: int) -> int:
    return int(conn.execute(select(func.count()).select_from(found.limit(most + 1).subquery())).scalar_one())


def _sum(one: Waiting | None, other: Waiting) -> Waiting:
    if one is None:
        return other
    ages = [age for age in (one.oldest, other.oldest) if age is not None]
    return Waiting(min(one.count + other.count, COUNTED + 1), min(ages, default=None))


def skipped(conn: Connection, view: str, moderator_id: str) -> int:
    """How many of a view this moderator has set aside in this round."""
    found = select(comments.c.id).join(
        skips, (skips.c.comment_id == comments.c.id) & (skips.c.moderator_id == moderator_id)
    )
    in_view = [found.where(_in_view(view, site_id)) for site_id in _site_ids(conn, moderator_id)]
    return sum(_capped(conn, each, COUNTED) for each in in_view)


def last_by(conn: Connection, moderator_id: str, *, since_id: str) -> Any | None:
    """A moderator's last decision that was not taken back, among those made after `since_id`."""
    mine = decisions.c.decided_by == f"moderator:{moderator_id}"
    found = [
        conn.execute(
            select(decisions)
            .where(decisions.c.site_id == site_id, _BY_MODERATOR, decisions.c.id > since_id, mine, ~_undone())
            .order_by(decisions.c.id.desc())
            .limit(1)
        ).one_or_none()
        for site_id in _site_ids(conn, moderator_id)
    ]
    return max((row for row in found if row is not None), key=lambda row: row.id, default=None)
