"""The thresholds that keep two budgets of errors, and in words why there are none where none can be had."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from models.guarantee import CONFIDENCE, Band, widest

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]

NOTHING_APPROVED, NOTHING_REJECTED = 0.0, 1.0 + 1e-9


@dataclass(frozen=True)
class Bands:
    """Approve what scores below approve_below, reject from reject_from on, each with what it rests on. Where both
    budgets are wide they may overlap: what either band would take is then for a person to decide."""

    approve_below: float
    reject_from: float
    approvals: Band
    rejections: Band

    def words(self) -> list[str]:
        """A sentence for each band that could not be promised."""
        named = (("approvals", self.approvals), ("rejections", self.rejections))
        return [refusal(name, band) for name, band in named if band.is_empty]


def choose(
    low: Floats, high: Floats, rejected: Truth, weight: Floats, *,
    max_wrong_approvals: float, max_wrong_rejections: float, confidence: float = CONFIDENCE,
) -> Bands:  # fmt: skip
    """low, high, rejected, weight (n,): rows of a site, weight one over the chance with which each came to be here.
    Each budget is kept with the given confidence of its own."""
    approvals = widest(high, rejected, max_wrong_approvals, confidence, weight)
    rejections = widest(-low, ~rejected, max_wrong_rejections, confidence, weight)
    approve_below = NOTHING_APPROVED if approvals.is_empty else min(approvals.next, NOTHING_REJECTED)
    reject_from = NOTHING_REJECTED if rejections.is_empty else -rejections.last
    return Bands(approve_below, reject_from, approvals, rejections)


def refusal(what: str, band: Band) -> str:
    """Such as: needs 299 audited approvals without an error to promise 1%; has 41."""
    promise = f"to promise at most {band.budget:.2%} wrong with {band.confidence:.0%} confidence"
    wrong = "without an error" if band.errors == 0 else f"with no more than {band.errors} wrong"
    return f"needs {band.needs} audited {what} {wrong} {promise}; has {band.rows}"


def upper_bound(errors: float, rows: float, confidence: float = CONFIDENCE) -> float:
    """Clopper-Pearson upper bound on a rate; with weights, errors and rows are effective numbers."""
    if rows <= 0:
        return 1.0
    return 1.0 if errors >= rows else float(betaincinv(errors + 1, rows - errors, confidence))


def widest_approval(high: Floats, rejected: Truth, weight: Floats, budget: float) -> float:
    """The largest t such that, of the population's rows with high < t, at most budget are to reject. The weights may
    differ by source and by side: a mix of sources, each at its natural rate."""
    band = widest(high, rejected, budget, weight=weight, heaviest=_heaviest(weight, rejected))
    return NOTHING_APPROVED if band.is_empty else min(band.next, NOTHING_REJECTED)


def widest_rejection(low: Floats, rejected: Truth, weight: Floats, budget: float) -> float:
    """The smallest t such that, of the population's rows with low >= t, at most budget are to approve."""
    band = widest(-low, ~rejected, budget, weight=weight, heaviest=_heaviest(weight, ~rejected))
    return NOTHING_REJECTED if band.is_empty else -band.last


def _heaviest(weight: Floats, wrong: Truth) -> float | None:
    return float(weight[wrong].max()) if wrong.any() else None
