"""One decision on one revision: who, why, on what evidence, and from which state to which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.domain.comment import Band, Look, State
from moderation.domain.finding import Code, Finding, Missing, Opinion
from moderation.domain.policy import Policy, Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """An append-only row. `version_before` is what the comment must still be at (compare-and-set)."""

    id: str
    site_id: str
    comment_id: str
    revision: int
    version_before: int
    look: Look
    state_before: State | None
    state_after: State
    decided_by: str
    at: int
    band: Band | None = None
    reason: str = ""
    because: Sequence[str] = ()
    findings: Sequence[Mapping[str, Any]] = ()
    opinion: Mapping[str, Any] | None = None
    model: str | None = None
    thresholds: Mapping[str, float] | None = None
    policy_version: int | None = None
    audit_probability: float | None = None
    audit_drawn: bool = False
    undoes: str | None = None
    queue_key: int | None = None


def decided_by(verdict: Verdict, opinion: Opinion | Missing, findings: Sequence[Finding]) -> str:
    """`rule:code` where a rule decided, the model where the score did, `system` where neither could."""
    by_score = (Code.LIKELY_REJECTED, Code.ATTRIBUTE, Code.SCORER_FAILED)
    if verdict.because and verdict.because[0] not in by_score:
        return f"rule:{verdict.because[0].value}"
    if isinstance(opinion, Missing):
        return "system"
    return opinion.model


# Rejections are rarer and weigh more; what lies near a threshold is wrong more often and tells more; and until a
# site's own audits have shown its budgets kept, more of them are wanted.
REJECTIONS_MORE, NEAR_MORE, UNSHOWN_MORE = 2.5, 5.0, 5.0


def audit_probability(policy: Policy, verdict: Verdict, opinion: Opinion | Missing) -> float | None:
    """How likely this automatic decision is drawn for a person to check; None if it decided nothing. What is stored
    with the decision is what its audit later weighs by, so this may be anything above nought."""
    if verdict.state is State.PENDING:
        return None
    share = policy.audit_share
    if verdict.band is not Band.AUTO_APPROVE:
        share *= REJECTIONS_MORE
    if isinstance(opinion, Opinion):
        share *= NEAR_MORE if _near(verdict, opinion) else 1
        share *= 1 if opinion.model in policy.chosen else UNSHOWN_MORE
    return min(1.0, share)


def _near(verdict: Verdict, opinion: Opinion) -> bool:
    """In the half of the band that lies at the threshold."""
    point = verdict.thresholds
    if point is None or verdict.band is Band.AUTO_SPAM:
        return False
    if verdict.band is Band.AUTO_APPROVE:
        return opinion.high >= point.approve_below / 2
    return 1 - opinion.low >= (1 - point.reject_from) / 2
