"""How often the automatic decisions of a site were wrong, measured on the audit sample, beside what was promised."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from models.audit_estimate import estimate
from models.guarantee import rows_needed
from moderation.domain.comment import Band, State
from moderation.domain.site import Site
from moderation.storage import labels
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

DAY_US = 86_400_000_000
DAYS = 30
Budget = Literal["max_wrong_approvals", "max_wrong_rejections"]
BANDS: dict[Budget, tuple[Band, ...]] = {
    "max_wrong_approvals": (Band.AUTO_APPROVE,),
    "max_wrong_rejections": (Band.AUTO_REJECT, Band.AUTO_SPAM),
}


@dataclass(frozen=True, slots=True)
class RealisedError:
    """One budget of one site over the last days.

    rate: Hájek's estimate, None while nothing is audited; low, high: 95% for this look; lowest, highest: 95% however
    often one looks. waiting: drawn and judged by nobody yet. needed: audited decisions that would show the budget kept
    with the errors there are. standing: `kept`, `broken`, or `open` while the sample allows both.
    """

    site_id: str
    budget: Budget
    limit: float
    confidence: float
    audited: int
    errors: int
    waiting: int
    rate: float | None
    low: float
    high: float
    lowest: float
    highest: float
    needed: int

    @property
    def standing(self) -> Literal["kept", "broken", "open"]:
        if self.lowest > self.limit:
            return "broken"
        return "kept" if self.audited and self.highest <= self.limit else "open"


def realised_errors(wiring: "Wiring", site: Site, *, days: int = DAYS) -> list[RealisedError]:
    """Of both budgets, in the order of BANDS."""
    since = wiring.clock.now_us() - days * DAY_US
    with wiring.database.read() as conn:
        audited = labels.audited(conn, site.id, since=since)
        waiting = labels.waiting(conn, site.id, since=since)
    return [measured(site, budget, audited, waiting) for budget in BANDS]


def is_wrong(budget: Budget, verdict: str) -> bool:
    """Would a moderator have decided otherwise than the machine did?"""
    return (verdict == State.APPROVED) is (budget == "max_wrong_rejections")


def measured(site: Site, budget: Budget, audited: list[Record], waiting: dict[str, int]) -> RealisedError:
    mine = [row for row in audited if row.band in BANDS[budget]]
    wrong = np.array([is_wrong(budget, row.verdict) for row in mine], dtype=bool)
    limit, confidence = float(getattr(site.policy, budget)), site.policy.budget_confidence
    found = estimate(wrong, np.array([row.probability for row in mine], dtype=float), confidence)
    return RealisedError(
        site_id=site.id,
        budget=budget,
        limit=limit,
        confidence=confidence,
        audited=found.audited,
        errors=found.errors,
        waiting=sum(waiting.get(band, 0) for band in BANDS[budget]),
        rate=found.rate if found.audited else None,
        low=found.low,
        high=found.high,
        lowest=found.lowest,
        highest=found.highest,
        needed=rows_needed(found.errors, limit, confidence),
    )
