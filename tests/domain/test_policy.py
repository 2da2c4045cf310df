"""What the policy makes of findings and scores; every sentence of `decide`'s docstring is tried here."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.domain.comment import Band, State
from moderation.domain.finding import Code, Finding, Missing, Opinion
from moderation.domain.policy import Policy, Thresholds, decide, policy_from

POINT = Thresholds(approve_below=0.2, reject_from=0.8, spam_from=0.9)


@pytest.fixture(scope="module")
def policy() -> Policy:
    defaults = Path(__file__).parents[2] / "config" / "site_policy.toml"
    return policy_from(tomllib.loads(defaults.read_text(encoding="utf-8")), version=1)


def opinion(low: float, high: float, spam: float = 0.0) -> Opinion:
    return Opinion((low + high) / 2, low, high, {"spam": spam}, "model@1")


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [
        (0.0, 0.19, Band.AUTO_APPROVE),
        (0.0, 0.2, Band.REVIEW),
        (0.8, 1.0, Band.AUTO_REJECT),
        (0.79, 1.0, Band.REVIEW),
        (0.4, 0.6, Band.REVIEW),
    ],
)
def test_the_ends_of_the_bands_are_as_stated(policy: Policy, low: float, high: float, band: Band) -> None:
    assert decide(policy, [], opinion(low, high), POINT).band is band


def test_spam_is_filed_from_its_own_threshold(policy: Policy) -> None:
    assert decide(policy, [], opinion(0.0, 0.1, spam=0.9), POINT).band is Band.AUTO_SPAM
    assert decide(policy, [], opinion(0.0, 0.1, spam=0.89), POINT).band is Band.AUTO_APPROVE


def test_a_missing_opinion_is_pending_and_accuses_nobody(policy: Policy) -> None:
    verdict = decide(policy, [], Missing("no model"), POINT)
    assert verdict.band is Band.UNSCORED
    assert verdict.state is State.PENDING


def test_an_opinion_without_thresholds_is_held(policy: Policy) -> None:
    assert decide(policy, [], opinion(0.0, 0.01), None).band is Band.UNSCORED


def test_a_trap_files_as_spam_even_without_a_score(policy: Policy) -> None:
    assert decide(policy, [Finding(Code.HONEYPOT)], Missing("no model"), POINT).band is Band.AUTO_SPAM


def test_a_rule_that_holds_outranks_a_confident_score_both_ways(policy: Policy) -> None:
    for view in (opinion(0.0, 0.01), opinion(0.95, 1.0)):
        verdict = decide(policy, [Finding(Code.MANY_LINKS)], view, POINT)
        assert verdict.band is Band.REVIEW
        assert verdict.because == (Code.MANY_LINKS,)


def test_a_first_comment_is_held_only_where_the_site_wants_it(policy: Policy) -> None:
    first = [Finding(Code.FIRST_COMMENT)]
    assert decide(policy, first, opinion(0.0, 0.01), POINT).band is Band.AUTO_APPROVE
    strict = replace(policy, hold_first_time_authors=True)
    assert decide(strict, first, opinion(0.0, 0.01), POINT).band is Band.REVIEW


def test_a_trusted_author_is_never_refused_by_a_score(policy: Policy) -> None:
    trusted = [Finding(Code.TRUSTED)]
    assert decide(policy, trusted, opinion(0.95, 1.0), POINT).band is Band.REVIEW
    assert decide(policy, trusted, opinion(0.0, 0.01, spam=0.99), POINT).band is Band.AUTO_APPROVE


def test_assist_approves_but_refuses_nothing_alone(policy: Policy) -> None:
    assist = replace(policy, mode="assist")
    assert decide(assist, [], opinion(0.0, 0.01), POINT).band is Band.AUTO_APPROVE
    assert decide(assist, [], opinion(0.95, 1.0), POINT).band is Band.REVIEW
    assert decide(assist, [Finding(Code.HONEYPOT)], opinion(0.0, 0.01), POINT).band is Band.REVIEW


findings = st.lists(st.builds(Finding, st.sampled_from(Code)), max_size=6)
unit = st.floats(0, 1)


@given(findings, unit, unit, unit)
def test_review_all_decides_nothing_alone(found: list[Finding], a: float, b: float, spam: float) -> None:
    defaults = Path(__file__).parents[2] / "config" / "site_policy.toml"
    careful = replace(
        policy_from(tomllib.loads(defaults.read_text(encoding="utf-8")), version=1), mode="review_all"
    )
    assert decide(careful, found, opinion(min(a, b), max(a, b), spam), POINT).state is State.PENDING


@given(findings)
def test_without_an_opinion_nothing_is_ever_published(found: list[Finding]) -> None:
    defaults = Path(__file__).parents[2] / "config" / "site_policy.toml"
    policy = policy_from(tomllib.loads(defaults.read_text(encoding="utf-8")), version=1)
    assert decide(policy, found, Missing("gone"), POINT).state is not State.APPROVED


def test_every_finding_has_its_line_in_the_policy_file(policy: Policy) -> None:
    assert set(policy.calls_for) == set(Code)
