"""The widest band whose error rate is certified to keep a budget: fixed-sequence testing with exact binomial tails.

A band takes the rows whose value lies below a threshold. Whether its rate of wrong rows is above the budget is a
hypothesis for each threshold; they are tested from the narrowest band outwards, each by the exact binomial tail, and
the first that cannot be rejected ends the sequence (Angelopoulos and others, "Learn then test", 2021, section 3.2).

Why the search costs nothing: let t be the first threshold whose band breaks the budget, and m the number of rows
inside it. To choose a band beyond t the sequence must pass the test of exactly those m rows, and given m their errors
are binomial at a rate of at least the budget; so that happens with probability 1 - confidence at most, whatever the
scores are worth and whether or not they tie. Where the sequence starts beyond t already, its first rows are m at the
budget and others that lie above t: there it is assumed that worse scores are not better on average.

Rows of unequal weight: the weighted sum of errors has an exact-style upper limit from the gamma distribution (Fay and
Feuer, "Confidence intervals for directly standardized rates", Statistics in Medicine 1997), which is the exact Poisson
limit where weights are equal and has kept its level in every simulation published and in ours (docs/budgets.md).

One start is easily stopped by one early error. With many rows there are several, each twice as far out as the one
before, and each gets its equal part of 1 - confidence; one that arrives at the next start hands its part on (Bretz
and others, "A graphical approach to sequentially rejective multiple test procedures", 2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, gammaincc

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]

CONFIDENCE = 0.95
MOST_STARTS = 5
# Of 1 - confidence, where a sequence has gathered several parts: comments are not quite independent draws.
SPENT_AT_MOST = 0.5
MOST_TOLD = 20  # with more errors than these a refusal no longer says what is missing


@dataclass(frozen=True)
class Band:
    """What may be promised. last: the largest value inside, -inf if nothing may be; next: the smallest outside, inf
    if everything may. rows, errors: those the promise rests on, or the best there are."""

    last: float
    next: float
    rows: int
    errors: int
    budget: float
    confidence: float
    tested_at: float  # the confidence of a single test; higher than confidence where there are several starts

    @property
    def is_empty(self) -> bool:
        return self.last == -np.inf

    @property
    def needs(self) -> int:
        """Rows that would certify this budget with the errors that there are."""
        return rows_needed(self.errors, self.budget, self.tested_at)


def widest(
    values: Floats,
    wrong: Truth,
    budget: float,
    confidence: float = CONFIDENCE,
    weight: Floats | None = None,
    heaviest: float | None = None,
) -> Band:
    """values, wrong (n,), independent draws of what the band will meet: the widest band of low values in which at
    most budget are wrong, true with the given confidence; an empty one where the rows prove nothing.

    weight (n,): how many of the population each row stands for. heaviest: the most that a wrong row can weigh, the
    largest of all weights unless more is known.
    """
    weight = np.ones(len(values)) if weight is None else weight
    order = np.argsort(values, kind="stable")
    values, wrong, weight = values[order], wrong[order], weight[order]
    # Equal values go into a band together: only the last of each group is a place to stop.
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True)) if len(values) else np.zeros(0, dtype=int)
    if len(values) and weight.max() > weight.min():
        heaviest = heaviest or float(weight.max())
        worth = np.cumsum(weight) / heaviest
        tails, clean = (_gamma_tails(of, weight, budget, heaviest) for of in (wrong, np.zeros_like(wrong)))
    else:
        worth = np.arange(1.0, len(values) + 1)
        tails, clean = (bdtr(np.cumsum(of), worth.astype(np.int64), budget) for of in (wrong, np.zeros_like(wrong)))
    starts = _starts(clean, worth, 1 - confidence)
    tested_at = 1 - (1 - confidence) / max(1, len(starts))
    chosen = _furthest(tails[ends], worth[ends], starts, 1 - confidence)
    rows, errors = ends + 1, np.cumsum(wrong)[ends]
    if chosen < 0:
        nearest = _nearest(rows, errors, budget, tested_at)
        return Band(-np.inf, -np.inf, *nearest, budget, confidence, tested_at)
    after = float(values[ends[chosen] + 1]) if ends[chosen] + 1 < len(values) else np.inf
    last = float(values[ends[chosen]])
    return Band(last, after, int(rows[chosen]), int(errors[chosen]), budget, confidence, tested_at)


def _gamma_tails(wrong: Truth, weight: Floats, budget: float, heaviest: float) -> Floats:
    """(n,) of the first 1, 2, … rows: the level at which the upper limit of their weighted error meets the budget."""
    error, total = np.cumsum(weight * wrong), np.cumsum(weight)
    # The rows that are right move the total, and with it what the budget allows: a little more variance.
    square = np.cumsum(weight**2 * np.where(wrong, (1 - budget) ** 2, budget**2))
    mean, variance = error + heaviest, square + heaviest**2
    return np.asarray(gammaincc(mean**2 / variance, budget * total * mean / variance))


@lru_cache(maxsize=4096)
def rows_needed(errors: int, budget: float, confidence: float = CONFIDENCE) -> int:
    """How many rows with so many wrong ones certify a budget: 299 without an error for 1% at 95%."""
    low, high = errors, max(1, errors)
    while bdtr(errors, high, budget) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if bdtr(errors, middle, budget) > 1 - confidence else (low, middle)
    return high


def _starts(clean: Floats, worth: Floats, level: float) -> list[float]:
    """clean (n,): the levels of the first 1, 2, … rows if none were wrong. Worth of the fewest that could certify
    anything, and as many doublings of it as there are rows for."""
    for many in range(MOST_STARTS, 0, -1):
        enough = np.flatnonzero(clean <= level / many)
        if len(enough) and worth[enough[0]] * 2 ** (many - 1) <= worth[-1] + 1e-6:
            return [float(worth[enough[0]]) * 2**step for step in range(many)]
    return []


def _furthest(tails: Floats, rows: Floats, starts: list[float], level: float) -> int:
    """The index of the widest band rejected by any sequence, -1 if none is."""
    firsts = [int(np.searchsorted(rows, start - 1e-6)) for start in starts]
    chosen, parts = -1, 0
    for first, until in zip(firsts, [*firsts[1:], len(rows)], strict=False):
        parts += 1
        share = max(1.0, min(parts, SPENT_AT_MOST * len(starts))) / len(starts)
        failed = np.flatnonzero(tails[first:until] > level * share)
        end = first + int(failed[0]) if len(failed) else until
        chosen = end - 1 if end > first else chosen
        # A sequence that reaches the next start adds its part to that one's; one that fails has spent it.
        parts = 0 if len(failed) else parts
    return chosen


def _nearest(rows: NDArray[np.int64], errors: NDArray[np.int64], budget: float, tested_at: float) -> tuple[int, int]:
    """Rows and errors of the band that came nearest to being certified, so that one can say what is missing."""
    best, nearest = rows_needed(0, budget, tested_at), (0, 0)
    for error in range(min(int(errors[-1]) + 1 if len(errors) else 0, MOST_TOLD)):
        with_error = np.flatnonzero(errors == error)
        if len(with_error):
            count = int(rows[with_error[-1]])
            missing = rows_needed(error, budget, tested_at) - count
            if missing < best:
                best, nearest = missing, (count, error)
    return nearest
