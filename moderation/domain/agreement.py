"""How far people who judged the same things agree, beyond what chance would give.

Krippendorff's alpha for nominal data, any number of judges, gaps allowed: K. Krippendorff, "Computing
Krippendorff's Alpha-Reliability" (2011), section C. 1 is perfect, 0 is chance, below 0 is worse than chance.
"""

from collections import Counter
from collections.abc import Iterable, Sequence


def alpha(units: Iterable[Sequence[str]]) -> float | None:
    """`units`: for each thing that was judged, the judgements it got, one a person. Those with fewer than two say
    nothing. None where there is nothing to compare; 1.0 where everybody only ever said the same one thing."""
    pairable = [unit for unit in units if len(unit) > 1]
    total = sum(map(len, pairable))
    if total == 0:
        return None
    values = Counter(value for unit in pairable for value in unit)
    # o: coincidences of differing values; e: as many as the values' shares alone would give.
    observed = sum(_differing(Counter(unit)) / (len(unit) - 1) for unit in pairable)
    expected = _differing(values) / (total - 1)
    return 1.0 if expected == 0 else 1 - observed / expected


def _differing(counts: Counter[str]) -> int:
    """Ordered pairs of unequal values."""
    total = sum(counts.values())
    return total * total - sum(count * count for count in counts.values())


def stability(before: Sequence[float], now: Sequence[float]) -> float | None:
    """Population stability index of two histograms with the same bins; None if either is empty.

    N. Siddiqi, "Credit Risk Scorecards" (2006), chapter 9: below 0.1 nothing changed, above 0.25 it did. Half a
    comment is added to each bin, since an empty one would be infinitely far.
    """
    from math import log

    if not sum(before) or not sum(now):
        return None
    bins = len(before)
    one = [(count + 0.5) / (sum(before) + 0.5 * bins) for count in before]
    other = [(count + 0.5) / (sum(now) + 0.5 * bins) for count in now]
    return sum((b - a) * log(b / a) for a, b in zip(one, other, strict=True))
