"""The realised error is covered by its intervals as often as they say, and a doubled error is noticed in time."""

from __future__ import annotations

import numpy as np
import pytest

from models.audit_estimate import estimate, evidence, hajek, interval
from models.drift import WITHIN, alarmed_at, population_stability

SMALLEST_SHARE = 0.02


def _month(rate: float, decisions: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The audited decisions of a month: near the threshold four times the errors and five times the audits."""
    near = random.random(decisions) < 0.1
    wrong = random.random(decisions) < np.where(near, 4 * rate, rate * 2 / 3)
    chance = np.where(near, 5 * SMALLEST_SHARE, SMALLEST_SHARE)
    drawn = random.random(decisions) < chance
    return wrong[drawn], 1 / chance[drawn]


def _covered(rate: float, decisions: int, months: int, seed: int) -> tuple[float, float]:
    random = np.random.default_rng(seed)
    now = always = 0
    for _ in range(months):
        wrong, weight = _month(rate, decisions, random)
        low, high = interval(wrong, weight)
        now += low <= rate <= high
        # In the sequence at every moment: no bet against the true rate ever won so much.
        above, below = evidence(wrong, weight, np.array([rate]), 1 / SMALLEST_SHARE)
        always += max(above[0], below[0]) < np.log(2 / 0.05)
    return now / months, always / months


@pytest.mark.parametrize(("rate", "decisions"), [(0.01, 30_000), (0.02, 30_000), (0.03, 6_000)])
def test_intervals_cover_the_truth_as_often_as_they_say(rate: float, decisions: int) -> None:
    now, always = _covered(rate, decisions, months=1_000, seed=11)
    assert 0.93 <= now <= 0.97
    assert always >= 0.95


@pytest.mark.long
@pytest.mark.parametrize(("rate", "decisions"), [(0.005, 30_000), (0.01, 100_000), (0.05, 8_000)])
def test_intervals_cover_the_truth_at_rarer_and_at_commoner_errors_too(rate: float, decisions: int) -> None:
    now, always = _covered(rate, decisions, months=1_000, seed=12)
    assert 0.925 <= now <= 0.975
    assert always >= 0.95


def test_the_estimate_is_weighted_by_how_unlikely_each_audit_was() -> None:
    wrong, chance = np.array([True, False, False, False]), np.array([1.0, 0.1, 0.1, 0.1])
    assert hajek(wrong, 1 / chance) == pytest.approx(1 / 31)
    found = estimate(wrong, chance)
    assert (found.audited, found.errors) == (4, 1)
    assert found.lowest <= found.low <= found.rate <= found.high <= found.highest


def test_nothing_audited_says_nothing() -> None:
    found = estimate(np.zeros(0, dtype=bool), np.zeros(0))
    assert (found.low, found.high, found.lowest, found.highest, found.audited) == (0.0, 1.0, 0.0, 1.0, 0)


def test_looking_whenever_one_likes_costs_width_and_never_contradicts_itself() -> None:
    wrong, weight = _month(0.02, 60_000, np.random.default_rng(2))
    whole = estimate(wrong, 1 / weight)
    half = estimate(wrong[: len(wrong) // 2], 1 / weight[: len(wrong) // 2])
    assert whole.highest - whole.lowest > whole.high - whole.low
    assert half.lowest <= whole.lowest and whole.highest <= half.highest


def test_a_broken_budget_shows_and_a_kept_one_shows_too() -> None:
    random = np.random.default_rng(4)
    assert estimate(random.random(600) < 0.06, np.full(600, 0.02)).lowest > 0.02
    assert estimate(np.zeros(900, dtype=bool), np.full(900, 0.02)).highest < 0.01


@pytest.mark.parametrize(("usual", "in_time"), [(0.05, 0.93), (0.03, 0.90), (0.02, 0.88)])
def test_a_doubled_error_alarms_within_five_hundred_audited_decisions(usual: float, in_time: float) -> None:
    random = np.random.default_rng(9)
    noticed = [alarmed_at(random.random(WITHIN) < 2 * usual, usual) is not None for _ in range(1_000)]
    false = [alarmed_at(random.random(WITHIN) < usual, usual) is not None for _ in range(1_000)]
    assert np.mean(noticed) >= in_time
    assert np.mean(false) <= 0.36


def test_scores_from_elsewhere_are_told_by_their_distribution() -> None:
    random = np.random.default_rng(6)
    before = random.beta(0.5, 5, 5_000)
    assert population_stability(before, random.beta(0.5, 5, 800)) < 0.05
    assert population_stability(before, random.beta(1, 3, 800)) > 0.25
