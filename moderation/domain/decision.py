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


def audit_probability(policy: Policy, verdict: Verdict) -> float | None:
    """How likely this automatic decision is drawn for a person to check; None if it decided nothing."""
    return policy.audit_share if verdict.state is not State.PENDING else None
