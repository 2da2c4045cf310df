"""Logistic regression with a Gaussian prior, solved in as many unknowns as there are rows.

Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, algorithm 3.1; with a mean that is
not nought and a weight a row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Floats = NDArray[np.float64]

STEPS = 30
CLOSE = 1e-6


def dual(kernel: Floats, mean: Floats, truth: NDArray[np.bool_], weight: Floats) -> tuple[Floats, float]:
    """(n,) alpha such that mean + kernel @ alpha is the most probable log-odds of truth; the evidence for the kernel.

    kernel (n, n) prior covariance of the log-odds around mean (n,); weight (n,) how often each row counts. The
    evidence is the log of the marginal likelihood in Laplace's approximation, equation 3.32.
    """
    label = truth.astype(np.float64)
    alpha, best, spread = np.zeros(len(mean)), -np.inf, 0.0
    logit = mean.copy()
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(logit, -40, 40)))
        curve = np.maximum(weight * chance * (1 - chance), 1e-10)
        root = np.sqrt(curve)
        target = curve * (logit - mean) + weight * (label - chance)
        factor = linalg.cho_factor(np.eye(len(mean)) + root[:, None] * kernel * root, lower=True, check_finite=False)
        spread = float(np.log(np.diagonal(factor[0])).sum())
        step = target - root * linalg.cho_solve(factor, root * (kernel @ target), check_finite=False) - alpha
        alpha, logit, value = _along(alpha, step, kernel, mean, label, weight, best)
        done, best = value - best < CLOSE * len(mean), max(value, best)
        if done:
            break
    return alpha, best - spread


def _along(
    alpha: Floats, step: Floats, kernel: Floats, mean: Floats, label: Floats, weight: Floats, best: float
) -> tuple[Floats, Floats, float]:
    """The step, halved until it makes things better."""
    effect, stride = kernel @ step, 1.0
    base = kernel @ alpha
    while True:
        tried, offset = alpha + stride * step, base + stride * effect
        logit = mean + offset
        signed = np.where(label > 0, logit, -logit)
        value = float(-tried @ offset / 2 - weight @ np.logaddexp(0, -signed))
        if value >= best or stride < 1e-3:
            return tried, logit, value
        stride /= 2
