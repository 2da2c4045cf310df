"""Count what happened at each site on each day, for the page of numbers: today again and again, other days once."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.domain.agreement import alpha
from moderation.services.realised_error import realised_errors
from moderation.storage import site_days
from moderation.storage.site_days import DAY_US, Counts

if TYPE_CHECKING:
    from moderation.wiring import Wiring

KEPT_DAYS = 60
AGREEMENT_DAYS = 90
# A second look may come late, and so may a decision just before midnight.
OVER_AFTER_US = 600_000_000


def run(wiring: "Wiring") -> int:
    """How many days were counted."""
    now = wiring.clock.now_us()
    today = now // DAY_US
    with wiring.database.read() as conn:
        done = site_days.days_counted(conn, since=today - KEPT_DAYS)
    wanted = [day for day in range(today - KEPT_DAYS, today) if day not in done]
    for day in [*wanted, today]:
        _count(wiring, day, now)
    return len(wanted) + 1


def run_errors(wiring: "Wiring") -> int:
    """Measure each site's error anew. Bounds that hold however often one looks cost a second of CPU where
    thousands of decisions were audited, so that no page waits for them."""
    day = wiring.clock.now_us() // DAY_US
    every = wiring.sites.every()
    for site in every:
        values = {
            f"error:{error.budget}:{name}": float(value)
            for error in realised_errors(wiring, site)
            for name, value in asdict(error).items()
            if isinstance(value, (int, float))
        }
        wiring.database.write(partial(site_days.add, site_id=site.id, day=day, values=values))
    return len(every)


def _count(wiring: "Wiring", day: int, now: int) -> None:
    """Counted outside of the transaction that writes: nobody waits for it."""
    with wiring.database.read() as conn:
        counts = site_days.count(conn, day)
        if day == now // DAY_US:
            _add_today(conn, counts, now)
    if (day + 1) * DAY_US + OVER_AFTER_US <= now:
        for values in counts.values():
            values["over"] = 1
    wiring.database.write(lambda conn: site_days.put(conn, day, counts))


def _add_today(conn: Connection, counts: Counts, now: int) -> None:
    for site_id, since in site_days.oldest_waiting(conn).items():
        counts[site_id]["worst:oldest"] = max(0, now - since) / 1_000_000
    for site_id, values in counts.items():
        units = site_days.judgements(conn, site_id, since=now - AGREEMENT_DAYS * DAY_US)
        agreed = alpha(units)
        if agreed is not None:
            values |= {"alpha": agreed, "alpha:items": len(units)}
