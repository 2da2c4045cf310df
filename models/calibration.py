"""From scores to probabilities: a sigmoid per attribute, an interval for p_reject; fitted by calibrating."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HAIR = 1e-4


def sigmoid(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(np.minimum(np.maximum(-logits, -40), 40)))


def reject_logit(logits: Floats, branches: Floats) -> Floats:
    """(n,) the largest over the branches (k, 8) of the weighted sum of the seven logits (n, 7) and the constant."""
    return np.asarray((logits @ branches[:, :-1].T + branches[:, -1]).max(axis=1))


@dataclass(frozen=True)
class Intervals:
    """Step functions of the score: knots (k,) rising; low, middle, high (k,) in [0, 1], each rising."""

    knots: Floats
    low: Floats
    middle: Floats
    high: Floats

    def at(self, scores: Floats) -> tuple[Floats, Floats, Floats]:
        """low <= p <= high for each score (m,). Between two knots: the lower's low less what is left of HAIR, the
        upper's high and a part of HAIR that grows with the score: so both rise within a step too, outside of the
        interval, and a threshold can lie anywhere."""
        above = np.minimum(np.searchsorted(self.knots, scores, side="left"), len(self.knots) - 1)
        below = np.maximum(np.searchsorted(self.knots, scores, side="right") - 1, 0)
        middle = np.interp(scores, self.knots, self.middle)
        hair = HAIR * sigmoid(scores)
        low = np.minimum(self.low[below], middle) - (HAIR - hair)
        high = np.maximum(self.high[above], middle) + hair
        return np.maximum(low, 0.0), middle, np.minimum(high, 1.0)
