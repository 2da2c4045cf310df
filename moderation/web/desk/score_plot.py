"""How the scores of some comments lie, as a dot plot to brush: a column of dots for each step of the score."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = 50
TALLEST = 14  # dots


@dataclass(frozen=True, slots=True)
class Dot:
    x: float  # percent of the width
    y: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Plot:
    dots: Sequence[Dot]
    each: int  # so many comments a dot stands for
    counted: int


def plot(scores: Sequence[float], *, low: float | None, high: float | None) -> Plot:
    """Scores are 0..1. What lies outside low..high is drawn as not chosen."""
    columns = Counter(min(COLUMNS - 1, int(score * COLUMNS)) for score in scores)
    tallest = max(columns.values(), default=0)
    each = max(1, -(-tallest // TALLEST))
    dots = [
        Dot(round((column + 0.5) * 100 / COLUMNS, 2), 92 - row * 6, _chosen(column, low, high))
        for column, count in sorted(columns.items())
        for row in range(-(-count // each))
    ]
    return Plot(dots, each, len(scores))


def _chosen(column: int, low: float | None, high: float | None) -> bool:
    middle = (column + 0.5) / COLUMNS
    return (low is None or middle >= low) and (high is None or middle <= high)
