"""The numbers an editor looks at each morning, of one site or several: counted by day, measured, never guessed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moderation.domain.agreement import stability
from moderation.domain.comment import Band
from moderation.domain.site import Site
from moderation.storage import site_days
from moderation.storage.site_days import DAY_US, SCORE_BINS

if TYPE_CHECKING:
    from moderation.services.realised_error import Budget, RealisedError
    from moderation.wiring import Wiring

DAYS = 28
HOURS = 24
HOUR_US = 3_600_000_000
RECENT_DAYS = 7
# What counts once a site: of several sites the worst is shown.
_WORST = ("wait:p50", "wait:p95", "worst:oldest")
SOURCES = ("moderator", "audit", "appeal")


@dataclass(frozen=True, slots=True)
class Numbers:
    """`days`: days since the epoch, oldest first; by_name: one value a day, None where nothing was counted."""

    days: list[int]
    by_name: dict[str, list[float | None]]
    hours: list[int]
    by_hour: list[int]
    errors: "list[tuple[str, RealisedError]]"
    overturned: dict[str, tuple[int, int]]
    scores_before: list[float]
    scores_now: list[float]
    drift: float | None
    alpha: float | None
    alpha_items: int
    labels: int
    target_s: float

    def day(self, name: str) -> list[float | None]:
        return self.by_name.get(name, [None] * len(self.days))


def numbers(wiring: "Wiring", site_ids: Sequence[str]) -> Numbers:
    now = wiring.clock.now_us()
    today, this_hour = now // DAY_US, now // HOUR_US
    days = list(range(today - DAYS + 1, today + 1))
    with wiring.database.read() as conn:
        rows = site_days.read(conn, site_ids, since=days[0])
        by_hour = site_days.by_hour(conn, site_ids, since=(this_hour - HOURS + 1) * HOUR_US)
        labels = site_days.labelled(conn, site_ids)
    by_name = _by_name(rows, days)
    hours = list(range(this_hour - HOURS + 1, this_hour + 1))
    known = [site for site in map(wiring.sites.by_id, site_ids) if site is not None]
    before = _scores(by_name, 0, DAYS - RECENT_DAYS)
    recent = _scores(by_name, DAYS - RECENT_DAYS, DAYS)
    alphas = [row for row in rows if row.name == "alpha" and row.day >= today - 1]
    newest = max(alphas, key=lambda row: (row.day, -row.value), default=None)
    items = [row.value for row in rows if newest is not None and row.name == "alpha:items" and row.day == newest.day
             and row.site_id == newest.site_id]  # fmt: skip
    return Numbers(
        days=days,
        by_name=by_name,
        hours=hours,
        by_hour=[by_hour.get(hour, 0) for hour in hours],
        errors=[(site.name, error) for site in known for error in _errors(wiring, site, rows)],
        overturned={
            source: (_sum(by_name, f"overturned:{source}"), _sum(by_name, f"checked:{source}")) for source in SOURCES
        },
        scores_before=before,
        scores_now=recent,
        drift=stability(before, recent),
        alpha=newest.value if newest is not None else None,
        alpha_items=int(items[0]) if items else 0,
        labels=labels,
        target_s=min((site.policy.oldest_target_minutes * 60 for site in known), default=0),
    )


def _by_name(rows: Sequence[site_days.Row], days: Sequence[int]) -> dict[str, list[float | None]]:
    place = {day: number for number, day in enumerate(days)}
    found: dict[str, list[float | None]] = defaultdict(lambda: [None] * len(days))
    for row in rows:
        if row.day not in place:
            continue
        values, at = found[row.name], place[row.day]
        old = values[at]
        if old is None:
            values[at] = row.value
        else:
            values[at] = max(old, row.value) if row.name in _WORST else old + row.value
    return dict(found)


def _errors(wiring: "Wiring", site: Site, rows: Sequence[site_days.Row]) -> "list[RealisedError]":
    """As the clock last measured them; at once where it never did, which is where there is little to measure."""
    # What measures is heavy, and a web process does without it until somebody looks.
    from moderation.services.realised_error import BANDS as BUDGETS
    from moderation.services.realised_error import realised_errors

    mine = [row for row in rows if row.site_id == site.id and row.name.startswith("error:")]
    if not mine:
        return realised_errors(wiring, site)
    newest = max(row.day for row in mine)
    stored = {row.name: row.value for row in mine if row.day == newest}
    return [_error(site.id, budget, stored) for budget in BUDGETS]


def _error(site_id: str, budget: "Budget", stored: Mapping[str, float]) -> "RealisedError":
    from moderation.services.realised_error import RealisedError

    def value(name: str) -> float:
        return stored.get(f"error:{budget}:{name}", 0.0)

    return RealisedError(
        site_id=site_id, budget=budget, limit=value("limit"), confidence=value("confidence"),
        audited=int(value("audited")), errors=int(value("errors")), waiting=int(value("waiting")),
        rate=value("rate") if value("audited") else None, low=value("low"), high=value("high"),
        lowest=value("lowest"), highest=value("highest"), needed=int(value("needed")),
    )  # fmt: skip


def _scores(by_name: dict[str, list[float | None]], first: int, last: int) -> list[float]:
    """Comments in each tenth of the score, over these days."""
    return [
        sum(value or 0 for value in by_name.get(f"score:{bin_}", [])[first:last]) for bin_ in range(SCORE_BINS)
    ]


def _sum(by_name: dict[str, list[float | None]], name: str) -> int:
    return int(sum(value or 0 for value in by_name.get(name, ())))


BANDS = (Band.AUTO_APPROVE, Band.REVIEW, Band.UNSCORED, Band.AUTO_REJECT, Band.AUTO_SPAM)
