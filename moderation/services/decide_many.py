"""Decide on many comments at once, and take all of it back at once.

The comments are written down when the act begins and decided in small transactions, by whoever comes by:
the page that shows the progress, or the clock if nobody looks. Each decision is the usual one, by
compare-and-set: a comment that somebody decided meanwhile is passed over, and said so.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from moderation.domain.comment import Look, State
from moderation.domain.reason import Reason
from moderation.domain.roles import Right
from moderation.outbound import metrics
from moderation.services.review import NotThere, decision_by
from moderation.storage import audit, bulk, claims, comments, concerns, history, notes, roles
from moderation.storage.ids import new_id
from moderation.storage.narrowing import Narrowing
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

MOST = 20_000
UNDO_WITHIN_US = 30 * 60_000_000
# SQLite's other writers wait for one such transaction, some 30 ms.
IN_ONE_WRITE = 40
AT_ONCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which comments: of the sites where this moderator decides, in this state (empty: any), of this part."""

    narrowed: Narrowing
    state: str = ""
    query: str = ""  # the filter as its address says it, for the record


@dataclass(frozen=True, slots=True)
class Said:
    """What stands beside each of the decisions."""

    reason: Reason | None = None
    for_team: str = ""
    for_author: str = ""


SAID_NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen; `tally` by state, and `samples` of what would change."""

    tally: Mapping[str, int]
    changing: int
    samples: Sequence[str]
    capped: bool
    down_to: int | None = None  # what arrived before was not looked at


@dataclass(frozen=True, slots=True)
class Progress:
    act: Record
    endings: Mapping[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return self.act.stage in ("decided", "undone")

    @property
    def done(self) -> int:
        waiting = "waiting" if self.act.stage == "deciding" else "decided"
        return int(self.act.total) - self.endings.get(waiting, 0) if not self.finished else int(self.act.total)


class TooLate(Exception):
    """The time in which it could be undone is over."""


def preview(wiring: "Wiring", moderator_id: str, chosen: Chosen, verdict: State) -> Preview:
    with wiring.database.read() as conn:
        found = bulk.matching(conn, _sites(conn, moderator_id), chosen.state, chosen.narrowed)
        tally = bulk.tally(conn, found.where, most=MOST + 1)
        samples = [each.id for each in bulk.newest(conn, found.where, limit=8)]
    changing = sum(count for state, count in tally.items() if state != verdict)
    return Preview(tally, min(changing, MOST), samples, sum(tally.values()) > MOST, found.down_to)


def begin(
    wiring: "Wiring", moderator_id: str, chosen: Chosen, verdict: State, said: Said = SAID_NOTHING
) -> str:
    """Write down what is to be decided; the act's id. `run` does the work."""
    now = wiring.clock.now_us()
    act = {
        "id": new_id(now), "moderator_id": moderator_id, "verdict": verdict,
        "reason": (said.reason or Reason.OTHER) if verdict is State.REJECTED else "",
        "for_team": said.for_team, "for_author": said.for_author,
        "chosen_by": {"state": chosen.state, "filter": chosen.query}, "stage": "deciding", "created_at": now,
        "closes_at": now + UNDO_WITHIN_US,
    }  # fmt: skip

    def work(conn: Connection) -> None:
        found = bulk.matching(conn, _sites(conn, moderator_id), chosen.state, chosen.narrowed)
        total = bulk.begin(conn, act, found.where, most=MOST)
        details = {"verdict": verdict, "comments": total}
        _log(conn, moderator_id, "bulk.began", str(act["id"]), now, details)

    wiring.database.write(work)
    return str(act["id"])


def _sites(conn: Connection, moderator_id: str) -> list[str]:
    return roles.site_ids(conn, moderator_id, Right.DECIDE)


def run(wiring: "Wiring", bulk_id: str, seconds: float = AT_ONCE_S) -> int:
    """Work on it for a while; how many comments that were. Several may at once."""
    until, done = time.monotonic() + seconds, 0
    while True:
        some = wiring.database.write(lambda conn: _some(conn, wiring.clock.now_us(), bulk_id))
        done += some
        if not some or time.monotonic() > until:
            return done


def run_unfinished(wiring: "Wiring") -> int:
    with wiring.database.read() as conn:
        waiting = bulk.unfinished(conn)
    return sum(run(wiring, one) for one in waiting)


def undo(wiring: "Wiring", moderator_id: str, bulk_id: str) -> None:
    """Begin to put every comment back to what it was. Raises NotThere and TooLate."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> None:
        act = bulk.by_id(conn, bulk_id)
        if act is None or act.moderator_id != moderator_id:
            raise NotThere
        if act.closes_at < now:
            raise TooLate
        if not bulk.set_stage(conn, bulk_id, "undoing", was=("deciding", "decided")):
            return
        bulk.leave_waiting(conn, bulk_id)
        _log(conn, moderator_id, "bulk.undone", bulk_id, now, {})

    wiring.database.write(work)


def progress(wiring: "Wiring", moderator_id: str, bulk_id: str) -> Progress:
    """Raises NotThere."""
    with wiring.database.read() as conn:
        act = bulk.by_id(conn, bulk_id)
        if act is None or act.moderator_id != moderator_id:
            raise NotThere
        return Progress(act, bulk.endings(conn, bulk_id))


def _some(conn: Connection, now: int, bulk_id: str) -> int:
    act = bulk.by_id(conn, bulk_id)
    if act is None or act.stage not in ("deciding", "undoing"):
        return 0
    undoing = act.stage == "undoing"
    items = bulk.next_items(conn, bulk_id, "decided" if undoing else "waiting", limit=IN_ONE_WRITE)
    for item in items:
        if undoing:
            _take_back(conn, act, item, now)
        else:
            _decide(conn, act, item, now)
    if not items:
        left = bulk.endings(conn, bulk_id).get("decided" if undoing else "waiting", 0)
        if not left:
            bulk.set_stage(conn, bulk_id, "undone" if undoing else "decided", was=(act.stage,))
    return len(items)


def _decide(conn: Connection, act: Record, item: Record, now: int) -> None:
    comment = comments.by_id(conn, item.comment_id)
    if comment is None or comment.version != item.version or comment.state not in bulk.STANDING:
        bulk.end_item(conn, item, "passed_over")
        return
    decision = decision_by(act.moderator_id, comment, State(act.verdict), now, reason=act.reason)
    if not comments.apply(conn, decision):
        bulk.end_item(conn, item, "passed_over")
        return
    notes.add_texts(conn, decision.id, for_team=act.for_team, for_author=act.for_author)
    concerns.settle(conn, comment.id, at=now, decision_id=decision.id)
    claims.settle(conn, comment.id)
    bulk.end_item(conn, item, "decided", decision.id)
    metrics.DECISIONS.labels(Look.MODERATOR.value, act.verdict).inc()


def _take_back(conn: Connection, act: Record, item: Record, now: int) -> None:
    comment, made = comments.by_id(conn, item.comment_id), history.by_id(conn, item.decision_id)
    if comment is None or made is None or comment.version != made.version:
        bulk.end_item(conn, item, "kept")  # somebody decided since
        return
    decision = decision_by(act.moderator_id, comment, State(made.state_before), now, undoes=made.id)
    if not comments.apply(conn, decision):
        bulk.end_item(conn, item, "kept")
        return
    concerns.reopen(conn, made.id)
    bulk.end_item(conn, item, "undone")


def _log(conn: Connection, moderator_id: str, action: str, bulk_id: str, at: int, details: dict[str, Any]) -> None:
    audit.record(
        conn, actor=f"moderator:{moderator_id}", action=action, subject=f"bulk:{bulk_id}", at=at, details=details
    )
