"""Decide what happens to a revision, given the site's policy and what was found.

Pure: no clock, database, logging or randomness, so any past decision can be replayed from the
stored evidence. Everything a site may choose is a field of Policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from moderation.domain.comment import STATE_OF_BAND, Band, State
from moderation.domain.finding import Code, Finding, Missing, Opinion

Mode = Literal["autopilot", "assist", "review_all"]
CallsFor = Literal["nothing", "review", "reject", "spam"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Bands over p_reject and spam, ends included as in [low, high]: approve if high < approve_below,
    reject if low >= reject_from, spam if the spam attribute >= spam_from."""

    approve_below: float
    reject_from: float
    spam_from: float

    def as_json(self) -> dict[str, float]:
        return {
            "approve_below": self.approve_below,
            "reject_from": self.reject_from,
            "spam_from": self.spam_from,
        }


@dataclass(frozen=True, slots=True)
class Policy:
    """One site's settings; `config/site_policy.toml` holds the defaults and why each is what it is."""

    version: int
    mode: Mode
    thresholds: Thresholds | None  # None: the operating point that was chosen with the model
    calls_for: Mapping[Code, CallsFor]
    hold_first_time_authors: bool
    links_held_above: int
    links_spam_above: int
    blocked_hosts: tuple[str, ...]
    rejected_words: tuple[str, ...]
    reviewed_words: tuple[str, ...]
    spam_words: tuple[str, ...]
    repeats_per_day: int
    comments_per_ten_minutes: int
    often_rejected_share: float
    comment_max_length: int
    name_max_length: int
    min_form_seconds: float
    close_after_days: int  # 0: never
    oldest_target_minutes: int
    audit_share: float
    max_wrong_approvals: float
    max_wrong_rejections: float
    budget_confidence: float
    learn: bool
    learn_from_days: int
    second_look: bool
    claim_minutes: int
    # By model, since a threshold on one model's scores says nothing about another's.
    chosen: Mapping[str, Thresholds] = field(default_factory=dict)  # certified by this site's labels
    tightened: Mapping[str, Thresholds] = field(default_factory=dict)  # after a budget did not hold


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy decided, and the codes that decided it, most telling first."""

    band: Band
    because: tuple[Code, ...]
    thresholds: Thresholds | None

    @property
    def state(self) -> State:
        return STATE_OF_BAND[self.band]


def decide(
    policy: Policy,
    findings: Sequence[Finding],
    opinion: Opinion | Missing,
    operating_point: Thresholds | None,
) -> Verdict:
    """Approve, reject, file as spam or hold one revision.

    Rules that accuse come first, then a missing opinion holds, then rules that hold, then the score.
    Anything missing means review.
    """
    thresholds = in_force(policy, opinion, operating_point)
    asked = _asked(policy, findings)
    if asked["spam"]:
        return Verdict(_allowed(policy, Band.AUTO_SPAM), asked["spam"], thresholds)
    if asked["reject"]:
        return Verdict(_allowed(policy, Band.AUTO_REJECT), asked["reject"], thresholds)
    if isinstance(opinion, Missing) or thresholds is None:
        return Verdict(Band.UNSCORED, (Code.SCORER_FAILED, *asked["review"]), thresholds)
    band, because = _by_score(thresholds, opinion, trusted=_has(findings, Code.TRUSTED))
    if asked["review"] and band is not Band.REVIEW:
        # A rule that holds outranks a confident score, in both directions.
        return Verdict(Band.REVIEW, asked["review"], thresholds)
    return Verdict(_allowed(policy, band), (*because, *asked["review"]), thresholds)


def in_force(policy: Policy, opinion: Opinion | Missing, operating_point: Thresholds | None) -> Thresholds | None:
    """The site's own thresholds, else those its labels certified for this model, else the model's; and none of them
    wider than what is left after a budget did not hold."""
    model = opinion.model if isinstance(opinion, Opinion) else ""
    base = policy.thresholds or policy.chosen.get(model) or operating_point
    narrow = policy.tightened.get(model)
    if base is None or narrow is None:
        return base
    return Thresholds(
        approve_below=min(base.approve_below, narrow.approve_below),
        reject_from=max(base.reject_from, narrow.reject_from),
        spam_from=max(base.spam_from, narrow.spam_from),
    )


def _asked(policy: Policy, findings: Sequence[Finding]) -> dict[str, tuple[Code, ...]]:
    asked: dict[str, list[Code]] = {"nothing": [], "review": [], "reject": [], "spam": []}
    for finding in findings:
        code = finding.code
        if finding.code is Code.FIRST_COMMENT and not policy.hold_first_time_authors:
            continue
        asked[policy.calls_for.get(code, "nothing")].append(code)
    return {action: tuple(dict.fromkeys(codes)) for action, codes in asked.items()}


def _has(findings: Sequence[Finding], code: Code) -> bool:
    return any(finding.code is code for finding in findings)


def _by_score(thresholds: Thresholds, opinion: Opinion, *, trusted: bool) -> tuple[Band, tuple[Code, ...]]:
    if opinion.attributes.get("spam", 0.0) >= thresholds.spam_from and not trusted:
        return Band.AUTO_SPAM, (Code.ATTRIBUTE,)
    if opinion.high < thresholds.approve_below:
        return Band.AUTO_APPROVE, ()
    if opinion.low >= thresholds.reject_from:
        # A trusted author is never refused by a score alone.
        return (Band.REVIEW if trusted else Band.AUTO_REJECT), (Code.LIKELY_REJECTED,)
    return Band.REVIEW, (Code.LIKELY_REJECTED,)


def _allowed(policy: Policy, band: Band) -> Band:
    """What the site's mode lets the automation do alone."""
    match policy.mode:
        case "autopilot":
            return band
        case "assist" if band in (Band.AUTO_APPROVE, Band.REVIEW):
            return band
    return Band.REVIEW


def policy_from(document: Mapping[str, Any], *, version: int) -> Policy:
    """A Policy from a parsed `site_policy.toml`, or from one with a site's own values laid over it."""
    values = dict(document)
    thresholds = values.pop("thresholds", None)
    calls_for = {Code(code): action for code, action in values.pop("calls_for").items()}
    for name in ("rejected_words", "reviewed_words", "spam_words", "blocked_hosts"):
        values[name] = tuple(values[name])
    return Policy(
        version=version,
        thresholds=Thresholds(**thresholds) if thresholds else None,
        calls_for=calls_for,
        **values,
    )
