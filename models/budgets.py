"""The thresholds that keep two budgets of errors, chosen on held-out training rows by a stated rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]

CONFIDENCE = 0.95


def upper_bound(errors: float, rows: float, confidence: float = CONFIDENCE) -> float:
    """Clopper-Pearson upper bound on a rate; with weights, errors and rows are effective numbers."""
    if rows <= 0:
        return 1.0
    return 1.0 if errors >= rows else float(beta.ppf(confidence, errors + 1, rows - errors))


def widest_approval(high: Floats, rejected: Truth, weight: Floats, budget: float) -> float:
    """The largest t such that, of the rows with high < t, at most budget are to reject."""
    return _widest(high, rejected, weight, budget, rising=True)


def widest_rejection(low: Floats, rejected: Truth, weight: Floats, budget: float) -> float:
    """The smallest threshold t such that, of the rows with low >= t, the share to approve is at most budget."""
    return _widest(low, ~rejected, weight, budget, rising=False)


def _widest(values: Floats, wrong: Truth, weight: Floats, budget: float, rising: bool) -> float:
    best = 0.0 if rising else 1.0 + 1e-9
    for threshold in np.unique(values)[:: 1 if rising else -1]:
        inside = values < threshold if rising else values >= threshold
        total = weight[inside].sum()
        if total == 0:
            continue
        rows = total**2 / (weight[inside] ** 2).sum()
        errors = rows * weight[inside][wrong[inside]].sum() / total
        if upper_bound(errors, rows) <= budget:
            best = float(threshold)
    return best
