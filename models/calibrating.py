"""Fits what calibration applies: a sigmoid per attribute, a Venn-Abers interval for p_reject.

Apart from it, because scikit-learn takes a second to import and no process that only scores needs it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from models.calibration import Floats, Intervals


def fit_sigmoid(scores: Floats, truth: NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """slope, shift with P(true) = sigmoid(slope * score + shift)."""
    model = LogisticRegression(C=1e4).fit(scores[:, None], truth, sample_weight=weight)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def venn_abers(scores: Floats, truth: NDArray[np.bool_], weight: Floats, knots: int = 200) -> Intervals:
    """Inductive Venn-Abers on a grid of quantiles of the calibration scores.

    scores, truth, weight (n,). At each knot the isotonic fit is repeated with one more row there, once labelled 0
    and once labelled 1; what the two fits say at the knot are the bounds. Valid when calibration and test rows are
    exchangeable. Raises ValueError when truth holds one class only.
    Vovk and Petej, "Venn-Abers predictors", UAI 2014, section 3; weights as repeated rows.
    """
    if truth.all() or not truth.any():
        raise ValueError("calibration needs rows of both classes")
    weight = weight / weight.mean()
    grid = np.unique(np.quantile(scores, _tail_heavy(knots)))
    low, high = np.empty(len(grid)), np.empty(len(grid))
    for index, knot in enumerate(grid):
        low[index] = _isotonic_at(scores, truth, weight, knot, 0.0)
        high[index] = _isotonic_at(scores, truth, weight, knot, 1.0)
    low, high = np.maximum.accumulate(low), np.maximum.accumulate(high)
    return Intervals(grid, low, high / (1 - low + high), high)


def _tail_heavy(count: int) -> Floats:
    """Quantiles in (0, 1), denser near both ends, where the decisions are."""
    return (1 - np.cos(np.linspace(0, np.pi, count))) / 2


def _isotonic_at(scores: Floats, truth: NDArray[np.bool_], weight: Floats, at: float, label: float) -> float:
    fit = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    fit.fit(np.append(scores, at), np.append(truth.astype(float), label), sample_weight=np.append(weight, 1.0))
    return float(fit.predict([at])[0])
