"""A band is as wide as its budget allows and no wider, in as many draws as was promised."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from models.budgets import choose, refusal, widest_approval
from models.calibration import HAIR, Intervals
from models.guarantee import rows_needed, widest

DRAWS = 400


@pytest.mark.parametrize(
    ("errors", "budget", "rows"), [(0, 0.01, 299), (1, 0.01, 473), (5, 0.01, 1_049), (0, 0.05, 59), (20, 0.02, 1_449)]
)
def test_the_rows_needed_are_those_of_the_published_table(errors: int, budget: float, rows: int) -> None:
    assert rows_needed(errors, budget) == rows


def test_two_hundred_and_ninety_nine_clean_rows_carry_one_per_cent_and_one_fewer_does_not() -> None:
    for rows, carried in ((298, False), (299, True)):
        band = widest(np.arange(rows, dtype=float), np.zeros(rows, dtype=bool), 0.01)
        assert band.is_empty is not carried
        assert band.rows == rows
    assert band.next == np.inf


def test_the_refusal_says_what_is_missing() -> None:
    band = widest(np.arange(41.0), np.zeros(41, dtype=bool), 0.01)
    assert refusal("approvals", band).startswith("needs 299 audited approvals without an error")
    assert refusal("approvals", band).endswith("has 41")
    wrong = np.zeros(400, dtype=bool)
    wrong[3] = True
    assert "needs 473 audited approvals with no more than 1 wrong" in refusal(
        "approvals", widest(np.arange(400.0), wrong, 0.01)
    )
    assert widest(np.zeros(0), np.zeros(0, dtype=bool), 0.01).is_empty


def test_equal_values_are_inside_together_or_not_at_all() -> None:
    values = np.repeat([0.1, 0.2, 0.3], [400, 300, 300])
    wrong = np.zeros(1_000, dtype=bool)
    wrong[400:650] = True
    band = widest(values, wrong, 0.01)
    assert (band.last, band.next, band.rows) == (0.1, 0.2, 400)


def _population(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, truth, and what the score is worth: the risk that belongs to each."""
    scores = random.normal(0, 1.8, count)
    risk = 1 / (1 + np.exp(4 - 1.6 * scores))
    return scores, random.random(count) < risk, risk


def _true_rate_below(threshold: float, population: tuple[np.ndarray, np.ndarray]) -> float:
    scores, mean_risk = population
    inside = np.searchsorted(scores, threshold)
    return float(mean_risk[inside - 1]) if inside else 0.0


@pytest.fixture(scope="module")
def truth() -> tuple[np.ndarray, np.ndarray]:
    scores, _, risk = _population(1_000_000, np.random.default_rng(1))
    order = np.argsort(scores)
    return scores[order], np.cumsum(risk[order]) / np.arange(1, len(order) + 1)


@pytest.mark.parametrize(("budget", "rows", "least_width"), [(0.01, 3_000, 0.40), (0.05, 1_000, 0.80)])
def test_a_budget_is_broken_in_one_calibration_of_twenty_at_most(
    truth: tuple[np.ndarray, np.ndarray], budget: float, rows: int, least_width: float
) -> None:
    random, broken, widths = np.random.default_rng(7), 0, []
    for _ in range(DRAWS):
        scores, wrong, _ = _population(rows, random)
        band = widest(scores, wrong, budget)
        broken += _true_rate_below(band.next, truth) > budget
        widths.append(np.searchsorted(truth[0], band.next) / len(truth[0]))
    assert broken / DRAWS <= 0.05
    assert np.mean(widths) >= least_width


def test_a_score_that_is_worth_nothing_is_given_no_band_where_the_obvious_rule_finds_one() -> None:
    """Every band is wrong in 53 of a thousand. The obvious rule takes the widest whose own bound holds, and forgets
    that it tried a thousand: what the sequence is for."""
    random, broken, obvious = np.random.default_rng(7), 0, 0
    for _ in range(DRAWS):
        wrong = random.random(1_000) < 0.053
        broken += not widest(np.arange(1_000.0), wrong, 0.05).is_empty
        rows = np.arange(1, 1_001)
        obvious += bool((binom.cdf(np.cumsum(wrong), rows, 0.05) <= 0.05)[58:].any())
    assert broken / DRAWS <= 0.05
    assert obvious / DRAWS > 0.10


def test_rows_of_unequal_weight_keep_the_budget_of_the_population_they_stand_for(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """Uncertain scores are twenty times as likely to be labelled, each with its weight; the promise is on the whole."""
    random, broken, widths = np.random.default_rng(3), 0, []
    for _ in range(200):
        scores, wrong, _ = _population(20_000, random)
        chance = np.where(scores > 0.5, 1.0, 0.05)
        seen = random.random(len(scores)) < chance
        band = widest(scores[seen], wrong[seen], 0.05, weight=1 / chance[seen])
        broken += _true_rate_below(band.next, truth) > 0.05
        widths.append(np.searchsorted(truth[0], band.next) / len(truth[0]))
    assert broken / 200 <= 0.05
    assert np.mean(widths) > 0.75


def test_a_mix_with_one_side_enriched_keeps_its_budget_and_profits_from_it(
    truth: tuple[np.ndarray, np.ndarray],
) -> None:
    """As the reference mix does: many more rejected rows than the stream has, each of less weight."""
    random, broken, widths = np.random.default_rng(4), 0, []
    for _ in range(200):
        scores, wrong, _ = _population(20_000, random)
        seen = random.random(len(scores)) < np.where(wrong, 0.9, 0.06)
        weight = np.where(wrong, 1 / 0.9, 1 / 0.06)[seen]
        limit = widest_approval(scores[seen], wrong[seen], weight, 0.01)
        broken += _true_rate_below(limit, truth) > 0.01
        widths.append(np.searchsorted(truth[0], limit) / len(truth[0]))
    assert broken / 200 <= 0.05
    assert np.mean(widths) > 0.50


def test_both_bands_are_chosen_and_what_cannot_be_promised_is_said() -> None:
    random = np.random.default_rng(5)
    chance = random.beta(0.3, 0.6, 6_000)
    rejected = random.random(6_000) < chance
    bands = choose(chance, chance, rejected, np.ones(6_000), max_wrong_approvals=0.02, max_wrong_rejections=0.05)
    assert 0.02 < bands.approve_below < bands.reject_from < 1
    assert not bands.words()
    assert rejected[chance < bands.approve_below].mean() <= 0.02
    assert (~rejected)[chance >= bands.reject_from].mean() <= 0.05
    few = choose(
        chance[:50], chance[:50], rejected[:50], np.ones(50), max_wrong_approvals=0.01, max_wrong_rejections=0.05
    )
    assert few.approve_below == 0.0 and few.reject_from > 1
    assert len(few.words()) == 2


def test_weighted_rows_are_tested_from_where_they_could_certify() -> None:
    """Of rows that stand for fewer than a wrong one may, it takes more than of equal ones: a start before that fails
    whatever the rows say, and with it all that lies before the next."""
    right, wrong = 520, 400
    weight = np.repeat([0.2, 1.0], [right, wrong])
    band = widest(np.arange(right + wrong) * 1.0, weight == 1.0, 0.05, weight=weight)
    assert not band.is_empty
    assert 450 < band.rows <= right


def test_a_threshold_can_lie_within_a_step() -> None:
    steps = Intervals(*(np.array(of) for of in ([-1.0, 1.0], [0.2, 0.3], [0.25, 0.35], [0.3, 0.4])))
    low, middle, high = steps.at(np.array([-0.5, 0.0, 0.5]))
    for ends, step in ((low, 0.2), (high, 0.4)):
        assert (np.diff(ends) > 0).all()
        assert np.allclose(ends, step, atol=HAIR)
    assert (low < 0.2).all()
    assert (high > 0.4).all(), "an interval never shrinks"
    assert (low < middle).all()
    assert (middle < high).all()
