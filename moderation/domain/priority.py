"""In which order waiting comments are read.

Reported or likely harmful first; near-certain ones of a flood last, since one decision serves them all.
The age is added by the query that reads the queue, so that nothing starves.
"""

import math

from moderation.domain.finding import Missing, Opinion

HOUR_US = 3_600_000_000
_A_POINT_US = 4 * HOUR_US
MOST_AHEAD_US = 2 * _A_POINT_US


def priority(opinion: Opinion | Missing, *, flood_size: int = 1) -> float:
    """0..2, higher is read sooner. One point of it is worth four hours of waiting."""
    if isinstance(opinion, Missing):
        return 1.0
    severe = max(opinion.attributes.get(name, 0.0) for name in ("threat", "severe_toxicity"))
    return (opinion.p_reject + severe) / math.sqrt(max(1, flood_size))


def sort_key(priority_: float, created_at: int) -> int:
    """The queue's order as one number, lower is read sooner: arrival, moved ahead by priority."""
    return created_at - int(priority_ * _A_POINT_US)
