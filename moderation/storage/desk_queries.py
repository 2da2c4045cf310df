"""What the desk reads: its views in order, at a bounded cost. How much is in each: view_counts.py.

Whose sites a query reads is in its Scope, so that none shows another's.

A view is a condition over the comments, never a copy. Each is read site by site, so that the index
(site, state, queue_key) gives the order and a page of a million comments costs what a page of ten does.
"""

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, select, text

from moderation.domain.comment import DECIDED, Look, State
from moderation.domain.concern import Concern
from moderation.storage import reach
from moderation.storage.labels import IMPORT
from moderation.storage.narrowing import EVERYTHING, Narrowing
from moderation.storage.roles import Scope
from moderation.storage.schema import claims, comments, concerns, decisions, labels, revisions, skips

WAITING = ("pending", "unscored")
# Views of what somebody asked another look for, each by its kind of concern.
ASKED = {"reported": Concern.REPORT, "escalated": Concern.ESCALATION, "appeals": Concern.APPEAL}
DECIDED_VIEWS = ("approved", "rejected", "spam")
AUDIT = "audit"
VIEWS = ("pending", "reported", "unscored", "escalated", "appeals", AUDIT, *DECIDED_VIEWS)
# Counting stops here where it counts one by one.
COUNTED = 10_000

# Literal, as in the index's own condition: a bound parameter would not match a partial index.
AUDIT_DRAWN = text("comments.audit_drawn")
_BY_MODERATOR = text("decisions.look = 'moderator'")
_OPEN = text("concerns.settled_at IS NULL")
UNSCORED = text("comments.state = 'pending' AND comments.band = 'unscored'")


def _undone() -> Any:
    undo = decisions.alias("undo")
    return exists().where(
        undo.c.comment_id == decisions.c.comment_id, undo.c.look == Look.UNDO, undo.c.undoes == decisions.c.id
    )


def seen_by_a_person() -> Any:
    """A label is written with each decision of a person, and goes with its undo."""
    return exists().where(labels.c.comment_id == comments.c.id, labels.c.source != IMPORT)


def in_view(view: str, site_id: Any) -> Any:
    mine = comments.c.site_id == site_id
    if view == AUDIT:
        return and_(mine, AUDIT_DRAWN, comments.c.state.in_(sorted(DECIDED)), ~seen_by_a_person())
    if view in ASKED:
        return and_(mine, _asked(ASKED[view]), comments.c.state.in_(_STANDING))
    if view == "unscored":
        return and_(mine, UNSCORED, ~asked_a_lead())
    if view == "pending":
        return and_(mine, comments.c.state == State.PENDING, ~asked_a_lead())
    return and_(mine, comments.c.state == State(view))


_STANDING = (State.PENDING, *sorted(DECIDED))


def _asked(kind: Concern) -> Any:
    return exists().where(concerns.c.comment_id == comments.c.id, concerns.c.kind == kind, _OPEN)


def asked_a_lead() -> Any:
    return _asked(Concern.ESCALATION)


def chosen(view: str, site_id: Any, narrowed: Narrowing) -> Select[Any]:
    """id and `key`, by which the view is ordered, of the part of a view that is at one site."""
    if view in ASKED:
        return _asked_about(view, site_id).where(*narrowed.conditions())
    return select(comments.c.id, comments.c.queue_key.label("key")).where(
        in_view(view, site_id), *narrowed.conditions()
    )


def _asked_about(view: str, site_id: Any) -> Select[Any]:
    """In one pass over the open concerns, which are few; `key`: when the oldest of a comment's was raised."""
    return (
        select(comments.c.id, func.min(concerns.c.created_at).label("key"))
        .select_from(concerns.join(comments, comments.c.id == concerns.c.comment_id))
        .where(concerns.c.site_id == site_id, concerns.c.kind == ASKED[view], _OPEN, comments.c.state.in_(_STANDING))
        .group_by(comments.c.id)
    )


def _order(view: str) -> Any:
    """Waiting ones soonest first; decided ones and the sample newest first."""
    if view in ASKED:
        return text("key")
    if view in WAITING:
        return comments.c.queue_key
    return comments.c.id.desc() if view == AUDIT else comments.c.queue_key.desc()


def next_for(
    conn: Connection, view: str, who: Scope, *, now: int, limit: int, besides: Sequence[str] = (),
    narrowed: Narrowing = EVERYTHING, after: Any = None,
) -> list[str]:  # fmt: skip
    """What this moderator may read next: not held by somebody else, not skipped in this round; or what comes in the
    order of the view after the comment `after`."""
    held = exists().where(
        claims.c.comment_id == comments.c.id, claims.c.expires_at > now, claims.c.moderator_id != who.moderator_id
    )
    skipped = exists().where(skips.c.comment_id == comments.c.id, skips.c.moderator_id == who.moderator_id)
    later = _later(conn, view, after) if after is not None else None

    def of_site(site_id: str) -> Select[Any]:
        found = chosen(view, site_id, narrowed).where(~held, ~skipped)
        if later is not None:
            found = found.having(later) if view in ASKED else found.where(later)
        return found.where(comments.c.id.not_in(besides)) if besides else found

    mine = who.decide or who.look  # who may not decide reads on all the same
    return [row.id for row in _merged(conn, mine, view, of_site, limit, narrowed)]


def _later(conn: Connection, view: str, comment: Any) -> Any:
    """What comes after this comment in the order of a view that waits."""
    if view == AUDIT:
        return comments.c.id < comment.id
    if view not in ASKED:
        return comments.c.queue_key > comment.queue_key
    raised = func.min(concerns.c.created_at)
    own = select(raised).where(concerns.c.comment_id == comment.id, concerns.c.kind == ASKED[view], _OPEN)
    return raised > (conn.execute(own).scalar_one() or 0)


def is_in(conn: Connection, view: str, comment_id: str, narrowed: Narrowing = EVERYTHING) -> bool:
    """Does this comment belong to this part of the view, as of now?"""
    mine = in_view(view, comments.c.site_id)
    found = select(comments.c.id).where(comments.c.id == comment_id, mine, *narrowed.conditions())
    return conn.execute(found).one_or_none() is not None


def page(
    conn: Connection, view: str, who: Scope, *, limit: int, before: int | None = None,
    narrowed: Narrowing = EVERYTHING,
) -> list[Any]:  # fmt: skip
    """A list of a view with what a line of it shows; of a decided view, what came before `before`."""

    def of_site(site_id: str) -> Select[Any]:
        found = chosen(view, site_id, narrowed)
        return found.where(comments.c.queue_key < before) if before is not None else found

    return lines(conn, [row.id for row in _merged(conn, who.look, view, of_site, limit, narrowed, before)])


def _merged(
    conn: Connection, mine: Sequence[str], view: str, of_site: Any, limit: int, narrowed: Narrowing,
    before: int | None = None,
) -> list[Any]:  # fmt: skip
    rows: list[list[Any]] = []
    for site_id in mine:
        found = of_site(site_id)
        if narrowed.sifts and (within := _within_reach(conn, view, site_id, narrowed, before)) is not None:
            found = found.where(within)
        rows.append(list(conn.execute(found.order_by(_order(view)).limit(limit))))
    if view in WAITING or view in ASKED:
        merged: Iterator[Any] = heapq.merge(*rows, key=lambda row: row.key)
    else:
        field = "id" if view == AUDIT else "key"
        merged = heapq.merge(*rows, key=lambda row: getattr(row, field), reverse=True)
    return [row for row, _ in zip(merged, range(limit), strict=False)]


def _within_reach(conn: Connection, view: str, site_id: str, narrowed: Narrowing, before: int | None) -> Any:
    """What no index finds is looked for among the first comments of a view, not among all; None: those are all."""
    if view in DECIDED_VIEWS:
        start = reach.Place(before, "") if before is not None else None
        key = reach.earliest(conn, [site_id], [view], narrowed, start)
        return comments.c.queue_key >= key if key is not None else None
    if view not in WAITING:
        return None
    last = (
        select(comments.c.queue_key)
        .where(comments.c.site_id == site_id, comments.c.state == State.PENDING)
        .order_by(comments.c.queue_key)
        .limit(1)
        .offset(reach.LOOKED)
    )
    key = conn.execute(last).scalar_one_or_none()
    return comments.c.queue_key <= key if key is not None else None


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


def _capped(conn: Connection, found: Select[Any], most: int) -> int:
    return int(conn.execute(select(func.count()).select_from(found.limit(most + 1).subquery())).scalar_one())


def skipped(conn: Connection, view: str, who: Scope) -> int:
    """How many of a view this moderator has set aside in this round."""
    theirs = (skips.c.comment_id == comments.c.id) & (skips.c.moderator_id == who.moderator_id)
    found = select(comments.c.id).join(skips, theirs).where(
        comments.c.site_id.in_(who.look), in_view(view, comments.c.site_id)
    )  # fmt: skip
    return _capped(conn, found, COUNTED)


def last_by(conn: Connection, who: Scope, *, since_id: str) -> Any | None:
    """A moderator's last decision that was not taken back, among those made after `since_id`."""
    mine = decisions.c.decided_by == f"moderator:{who.moderator_id}"
    found = [
        conn.execute(
            select(decisions)
            .where(decisions.c.site_id == site_id, _BY_MODERATOR, decisions.c.id > since_id, mine, ~_undone())
            .order_by(decisions.c.id.desc())
            .limit(1)
        ).one_or_none()
        for site_id in who.look
    ]
    return max((row for row in found if row is not None), key=lambda row: row.id, default=None)
