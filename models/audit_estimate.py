"""How often automatic decisions were wrong, from a sample whose chances of being drawn are known.

Each audited decision i was drawn with probability pi_i and found wrong (e_i = 1) or right; it speaks for w_i = 1/pi_i
decisions. The rate is estimated by Hájek's ratio sum(w e) / sum(w) (Särndal, Swensson and Wretman, "Model assisted
survey sampling", 1992, section 5.7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtri

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]

CONFIDENCE = 0.95
# As parts of the largest stake that cannot ruin: small bets tell rates apart that lie close, large ones the others.
_BETS = np.geomspace(0.003, 0.95, 10)
_RATES = np.concatenate([[1e-6], np.geomspace(1e-5, 0.05, 120), np.linspace(0.05, 1.0, 96)[1:-1], [1 - 1e-6]])
_CHUNK = 512


@dataclass(frozen=True)
class Estimate:
    """audited, errors: counts. rate with low..high at this moment, and with lowest..highest valid at all moments."""

    audited: int
    errors: int
    rate: float
    low: float
    high: float
    lowest: float
    highest: float


def estimate(wrong: Truth, probability: Floats, confidence: float = CONFIDENCE) -> Estimate:
    """wrong, probability (n,): the audited decisions in the order in which they were judged."""
    if not len(wrong):
        return Estimate(0, 0, float("nan"), 0.0, 1.0, 0.0, 1.0)
    weight = 1 / probability
    rate = hajek(wrong, weight)
    low, high = interval(wrong, weight, confidence)
    lowest, highest = at_all_times(wrong, weight, confidence)
    return Estimate(len(wrong), int(wrong.sum()), rate, low, high, lowest, highest)


def hajek(wrong: Truth, weight: Floats) -> float:
    return float(weight[wrong].sum() / weight.sum())


def interval(wrong: Truth, weight: Floats, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """For one look at a moment fixed beforehand: Wilson's interval (1927) on as many rows as the weights are worth.

    The variance of Hájek's ratio at a small rate is the rate times the mean weight of a wrong decision; that mean is
    taken over the errors found and one more of the usual weight, since the weights of three errors say little.
    """
    rate, total = hajek(wrong, weight), weight.sum()
    usual, usual_square = weight.mean(), (weight**2).mean()
    rows = total * (weight[wrong].sum() + usual) / ((weight[wrong] ** 2).sum() + usual_square)
    z = ndtri((1 + confidence) / 2)
    centre = (rate + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z / (1 + z**2 / rows) * np.sqrt(rate * (1 - rate) / rows + z**2 / (4 * rows**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def at_all_times(
    wrong: Truth, weight: Floats, confidence: float = CONFIDENCE, largest: float | None = None
) -> tuple[float, float]:
    """For looking as often as one likes: with the given confidence the rate is in it now and was in it at every
    earlier moment. The rates are those that no bet against them has refuted; largest as in evidence."""
    above, below = evidence(wrong, weight, _RATES, largest)
    alive = np.flatnonzero(np.maximum(above, below) < np.log(2 / (1 - confidence)))
    if not len(alive):
        rate = hajek(wrong, weight)
        return rate, rate
    first, last = alive[0], alive[-1]
    return (
        float(_RATES[first - 1]) if first else 0.0,
        float(_RATES[last + 1]) if last + 1 < len(_RATES) else 1.0,
    )


def evidence(wrong: Truth, weight: Floats, rates: Floats, largest: float | None = None) -> tuple[Floats, Floats]:
    """How much the sample has spoken at its most for the true rate being above, and below, each of rates (m,): the
    logs of two e-processes, the capital of somebody who began with 1 and bet on that side.

    Under a rate r every w (e - r) has mean 0, whatever came before, so the product of 1 + bet w (e - r) / largest is a
    fair game, and so is the mean over several bets; by Ville's inequality it ever passes 1/alpha with probability
    alpha at most (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024).
    largest: no weight is larger, which is known beforehand since it follows from the smallest chance of an audit.
    """
    share = weight / (largest or float(weight.max()))
    return _capital(share, wrong, rates, +1.0), _capital(share, wrong, rates, -1.0)


def _capital(share: Floats, wrong: Truth, rates: Floats, side: float) -> Floats:
    """(m,) the largest log of the mean capital over the bets, at any moment so far."""
    # The most that can be lost on one row, for each row's whole stake: the rate if one bets on errors, else the rest.
    stake = side * _BETS[:, None] / (rates if side > 0 else 1 - rates)[None, :]
    logs, most = np.zeros((len(_BETS), len(rates))), np.zeros(len(rates))
    for at in range(0, len(wrong), _CHUNK):
        gains = share[at : at + _CHUNK] * (wrong[at : at + _CHUNK] - rates[:, None])
        path = logs[:, :, None] + np.cumsum(np.log1p(stake[:, :, None] * gains[None, :, :]), axis=2)
        most = np.maximum(most, (logsumexp(path, axis=0) - np.log(len(_BETS))).max(axis=1))
        logs = path[:, :, -1]
    return most
