"""How good scores are: areas, calibration, errors of decisions, marked characters, each with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]


def roc_auc(truth: Truth, scores: Floats) -> float:
    """P(score of a true row > score of a false one), ties count half; nan when one side is empty."""
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return float("nan")
    _, rank, count = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2
    return float((middle[rank][truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def calibration_error(truth: Truth, chances: Floats, bins: int = 15, weight: Floats | None = None) -> float:
    """Expected calibration error over equal-width bins of the predicted chance, in [0, 1]. weight (n,): how many of
    the population each row stands for."""
    weight = np.ones(len(truth)) if weight is None else weight
    which = np.minimum((chances * bins).astype(int), bins - 1)
    gap = np.bincount(which, weights=weight * (truth - chances), minlength=bins)
    return float(np.abs(gap).sum() / weight.sum())


def brier(truth: Truth, chances: Floats) -> float:
    return float(np.mean((chances - truth) ** 2))


def interval(measure: Callable[[NDArray[np.int64]], float], rows: int, draws: int = 200) -> tuple[float, float]:
    """The middle 95% of a measure over bootstrap samples of the rows; measure gets the drawn indices."""
    random = np.random.default_rng(rows)
    found = [measure(random.integers(0, rows, rows)) for _ in range(draws)]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def bpsn_auc(truth: Truth, scores: Floats, mentions: Truth) -> float:
    """Area over harmless rows that mention a group and harmful rows that do not: low where innocent mentions
    of the group score high. Borkan and others 2019, section 3."""
    rows = (truth & ~mentions) | (~truth & mentions)
    return roc_auc(truth[rows], scores[rows])


def character_f1(marked: Iterable[set[int]], gold: Iterable[set[int]]) -> float:
    """Mean over texts of the F1 of marked characters; 1 where both are empty. SemEval-2021 task 5."""
    return float(np.mean([_f1(ours, theirs) for ours, theirs in zip(marked, gold, strict=True)]))


def _f1(ours: set[int], theirs: set[int]) -> float:
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))
