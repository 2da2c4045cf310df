"""Are the two budgets of each site kept? Widen its bands where labels certify it, draw them in where one broke.

Done by the clock, every few minutes; each change is a row with its evidence, an entry in the log, and in force in
every process two seconds later.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from models.drift import alarmed_at
from moderation.domain.finding import Opinion
from moderation.domain.policy import Thresholds, in_force
from moderation.domain.site import Site
from moderation.services import site_bands
from moderation.services.realised_error import BANDS, DAY_US, Budget, RealisedError, is_wrong, measured
from moderation.storage import audit, bands, labels, sites
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

EVERY_US = 600_000_000
WINDOW_US = 90 * DAY_US
IN_USE_US = 7 * DAY_US
CHOOSE_AGAIN_US = DAY_US
MOST_HELD = 20_000
# A chosen band this much like the one in force is not worth a new version.
MOVED = 0.05

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of one site under one model since its newest band came into force."""

    site: Site
    model: str
    now: int
    newest: Record | None
    before: Thresholds
    errors: list[RealisedError]
    audited: list[Record]
    rows: list[site_bands.Row]

    @property
    def broken(self) -> list[RealisedError]:
        return [one for one in self.errors if one.standing == "broken"]


def run(wiring: "Wiring") -> int:
    """How many bands were changed."""
    with wiring.database.read() as conn:
        ids = [row.id for row in sites.all_sites(conn)]
    return sum(_watch(wiring, seen) for site_id in ids for seen in _look(wiring, site_id))


def _watch(wiring: "Wiring", seen: Watched) -> bool:
    for budget in _doubled(seen):
        _say(wiring, seen, "budget.drift", {"budget": budget, "model": seen.model, "audited": len(seen.audited)})
    if seen.broken:
        return _tighten(wiring, seen)
    if seen.newest is None or seen.now - seen.newest.created_at >= CHOOSE_AGAIN_US:
        return _choose(wiring, seen)
    return False


def _look(wiring: "Wiring", site_id: str) -> Iterator[Watched]:
    """What there is to know of each model whose scores decided here lately."""
    site, now = wiring.sites.by_id(site_id), wiring.clock.now_us()
    if site is None:
        return
    with wiring.database.read() as conn:
        newest = {row.model: row for row in bands.newest(conn, site_id)}
        audited = labels.audited(conn, site_id, since=now - WINDOW_US)
        held = labels.held(conn, site_id, since=now - WINDOW_US, limit=MOST_HELD)
        waiting = labels.waiting(conn, site_id, since=now - WINDOW_US)
    for model, point in _in_use([*audited, *held], since=now - IN_USE_US).items():
        band = newest.get(model)
        before = in_force(site.policy, Opinion(0, 0, 0, {}, model), point)
        # An error made under a wider band has been answered by the narrower one.
        since = band.created_at if band is not None and band.kind == bands.TIGHTENED else 0
        mine = [row for row in audited if row.decided_at >= since and row.model == model]
        errors = [measured(site, budget, mine, waiting) for budget in BANDS]
        rows = site_bands.rows(audited, held, model)
        yield Watched(site, model, now, band, before or point, errors, mine, rows)


def _in_use(decided: list[Record], *, since: int) -> dict[str, Thresholds]:
    """The models that decided since then, with the thresholds in force when each did last."""
    last: dict[str, Record] = {}
    for row in decided:
        known = last.get(row.model)
        if row.model and row.thresholds and row.decided_at >= since and (
            known is None or known.decided_at < row.decided_at
        ):  # fmt: skip
            last[row.model] = row
    return {model: Thresholds(**json.loads(row.thresholds)) for model, row in last.items()}


def _tighten(wiring: "Wiring", seen: Watched) -> bool:
    certified = site_bands.certified(seen.rows, seen.site.policy)
    broken = {one.budget for one in seen.broken}
    after = site_bands.drawn_in(
        seen.before, certified, approvals="max_wrong_approvals" in broken, rejections="max_wrong_rejections" in broken
    )
    told = [_sentence(one) for one in seen.broken]
    return _put(wiring, seen, bands.TIGHTENED, after, told) if after != seen.before else False


def _sentence(one: RealisedError) -> str:
    what = "approvals" if one.budget == "max_wrong_approvals" else "rejections"
    return (
        f"{one.errors} of {one.audited} audited {what} were wrong: {one.rate or 0:.2%} of all, "
        f"at least {one.lowest:.2%}, where {one.limit:.2%} was promised"
    )


def _choose(wiring: "Wiring", seen: Watched) -> bool:
    if not seen.rows:
        return False
    found = site_bands.certified(seen.rows, seen.site.policy)
    if found.approvals.is_empty and found.rejections.is_empty:
        return False
    after, told = site_bands.chosen(found, seen.before)
    same = seen.newest is not None and seen.newest.kind == bands.CHOSEN and _alike(after, seen.before)
    return False if same else _put(wiring, seen, bands.CHOSEN, after, told)


def _alike(one: Thresholds, other: Thresholds) -> bool:
    pairs = ((one.approve_below, other.approve_below), (1 - one.reject_from, 1 - other.reject_from))
    return all(abs(a - b) <= MOVED * max(abs(a), abs(b)) for a, b in pairs)


def _put(wiring: "Wiring", seen: Watched, kind: str, after: Thresholds, told: list[str]) -> bool:
    errors = [asdict(one) for one in seen.errors]
    evidence = {"errors": errors, "labels": len(seen.rows), "before": seen.before.as_json()}
    details = {"model": seen.model, "because": told, "before": seen.before.as_json(), "after": after.as_json()}

    def work(conn: Any) -> None:
        bands.add(
            conn, id=new_id(seen.now), site_id=seen.site.id, model=seen.model, kind=kind, thresholds=after.as_json(),
            because=told, evidence=evidence, at=seen.now,
        )  # fmt: skip
        _record(conn, seen, f"bands.{kind}", details)

    wiring.database.write(work)
    wiring.sites.forget()
    log.warning("bands.changed", kind=kind, site=seen.site.key, model=seen.model, because=told)
    return True


def _doubled(seen: Watched) -> list[Budget]:
    """Budgets whose audited decisions are wrong twice as often as was promised, by the last of them."""
    found: list[Budget] = []
    for budget in BANDS:
        mine = [row for row in seen.audited if row.band in BANDS[budget]]
        wrong = np.array([is_wrong(budget, row.verdict) for row in mine], dtype=bool)
        at = alarmed_at(wrong, getattr(seen.site.policy, budget))
        # News only while the alarm is young: the clock asks again and again.
        if at is not None and mine[at - 1].at > seen.now - EVERY_US:
            found.append(budget)
    return found


def _say(wiring: "Wiring", seen: Watched, action: str, details: dict[str, Any]) -> None:
    log.warning(action, site=seen.site.key, **details)
    wiring.database.write(lambda conn: _record(conn, seen, action, details))


def _record(conn: Any, seen: Watched, action: str, details: dict[str, Any]) -> None:
    audit.record(
        conn, actor="system", action=action, subject=f"site:{seen.site.id}", site_id=seen.site.id, at=seen.now,
        details=details,
    )  # fmt: skip


def troubles(wiring: "Wiring") -> list[str]:
    """A sentence for each site whose newest band was drawn in."""
    with wiring.database.read() as conn:
        newest = [(site.key, bands.newest(conn, site.id)[:1]) for site in sites.all_sites(conn)]
    return [
        f"{key}: {'; '.join(json.loads(band.because))}; fewer comments are decided automatically"
        for key, rows in newest
        for band in rows
        if band.kind == bands.TIGHTENED
    ]
