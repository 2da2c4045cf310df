"""Has something changed: in the error of audited decisions (CUSUM), in the scores of what comes in (PSI)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]

WITHIN = 500  # audited decisions, in which a doubled error should be noticed
GROWTH = 2.0
PSI_ALARM = 0.25  # the usual reading: under 0.1 the same, over 0.25 another distribution
SCORE_EDGES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])


def error_evidence(wrong: Truth, usual: float, growth: float = GROWTH) -> Floats:
    """(n,) Page's CUSUM over audited decisions in order: how much the rows since the best moment to begin speak for an
    error growth times the usual one. Page, "Continuous inspection schemes", Biometrika 1954."""
    usual = min(max(usual, 1e-4), 0.4)
    grown = min(growth * usual, 0.9)
    steps = np.where(wrong, np.log(grown / usual), np.log((1 - grown) / (1 - usual)))
    walk = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray((walk - np.minimum.accumulate(walk))[1:])


def alarm_level(usual: float, growth: float = GROWTH) -> float:
    """As much evidence, in natural logs, as a doubled error gives well within WITHIN rows: the more errors there
    usually are the sooner they tell, and the rarer a false alarm can be (docs/budgets.md has both, by usual error)."""
    usual = min(max(usual, 1e-4), 0.4)
    grown = min(growth * usual, 0.9)
    a_row = grown * np.log(grown / usual) + (1 - grown) * np.log((1 - grown) / (1 - usual))
    return float(np.clip(0.6 + 0.45 * WITHIN * a_row, 1.5, 5.0))


def alarmed_at(wrong: Truth, usual: float) -> int | None:
    """After how many audited decisions the error counts as doubled; None if it does not."""
    over = np.flatnonzero(error_evidence(wrong, usual) >= alarm_level(usual))
    return int(over[0]) + 1 if len(over) else None


def population_stability(before: Floats, now: Floats, edges: Floats = SCORE_EDGES) -> float:
    """PSI of two samples of scores over fixed bins: 0 for the same distribution."""
    shares = []
    for sample in (before, now):
        counts = np.bincount(np.searchsorted(edges, sample, side="right"), minlength=len(edges) + 1)
        # Half a row in each bin, or an empty one would be infinitely far away.
        shares.append((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
