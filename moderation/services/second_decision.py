"""Decide on one comment again, from the first look's findings and what the second look added."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.checks import classifier, second_look
from moderation.checks.context import Author, Context, Form
from moderation.domain import decision as decisions
from moderation.domain.comment import Band, Look, State
from moderation.domain.decision import Decision
from moderation.domain.finding import SITES_HEAD, Code, Finding, Missing, Opinion
from moderation.domain.policy import Policy, Thresholds, decide
from moderation.domain.priority import priority, sort_key
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

# What a look finds anew, and so replaces.
SCORED = frozenset({Code.SCORER_FAILED, Code.LIKELY_REJECTED, Code.ATTRIBUTE})
SECOND_LOOK_ONLY = frozenset({Code.NEAR_DUPLICATE, Code.PRECEDENT, Code.SECOND_OPINION})


@dataclass
class Case:
    """A leased piece of work and the comment it is about."""

    work: Record
    comment: Record
    policy: Policy
    opinion: Opinion | Missing
    thresholds: Thresholds | None  # those that belong to the opinion's model
    rescored: bool = False
    found: list[Finding] = field(default_factory=list)
    flood_size: int = 1
    vector: NDArray[np.float32] | None = None
    second: Opinion | Missing = field(default_factory=lambda: Missing("no second look"))
    second_thresholds: Thresholds | None = None

    def score_with(self, opinion: Opinion | Missing, operating_point: Thresholds | None) -> None:
        self.opinion, self.thresholds, self.rescored = opinion, operating_point, True


def case_of(work: Record, comment: Record, policy: Policy) -> Case:
    opinion: Opinion | Missing = Missing("not scored yet")
    if comment.opinion:
        opinion = Opinion(**json.loads(comment.opinion), model=comment.model or "")
    thresholds = Thresholds(**json.loads(comment.thresholds)) if comment.thresholds else None
    return Case(work, comment, policy, opinion, thresholds)


def decide_again(case: Case, now: int) -> Decision:
    findings = [*_kept(case), *case.found]
    if case.rescored:
        findings += classifier.check(_context(case))
    opinion = case.opinion
    verdict = decide(case.policy, findings, opinion, case.thresholds)
    if verdict.band is Band.REVIEW and isinstance(case.second, Opinion):
        # Only what the first look left open is put to the policy again; what it decided stays decided.
        again = decide(case.policy, findings, case.second, case.second_thresholds)
        findings.append(second_look.finding(case.second, again.thresholds))
        if _by_a_sites_head(case.second) or not _by_a_sites_head(opinion):
            opinion, verdict = case.second, again
    probability = decisions.audit_probability(case.policy, verdict, opinion)
    return _decision(
        case,
        now,
        opinion,
        state_after=verdict.state,
        decided_by=decisions.decided_by(verdict, opinion, findings),
        band=verdict.band,
        because=[code.value for code in verdict.because],
        findings=[finding.as_json() for finding in findings],
        thresholds=verdict.thresholds.as_json() if verdict.thresholds else None,
        audit_probability=probability,
        audit_drawn=probability is not None and random.random() < probability,
    )


def _by_a_sites_head(opinion: Opinion | Missing) -> bool:
    """Such an opinion knows what this site's moderators decide, which the second look as shipped does not: its doubt
    stands against that one."""
    return isinstance(opinion, Opinion) and SITES_HEAD in opinion.model


def give_up(case: Case, now: int) -> Decision:
    """It stays where a moderator sees it, and says that no second look could be had."""
    unscored = isinstance(case.opinion, Missing)
    code = Code.SCORER_FAILED if unscored else Code.CHECK_FAILED
    evidence = {"check": "second_look", "reason": "could not be looked at", "attempts": case.work.attempts}
    findings = [finding for finding in _kept(case) if finding.code is not Code.SCORER_FAILED]
    return _decision(
        case,
        now,
        case.opinion,
        state_after=State.PENDING,
        decided_by="system",
        band=Band.UNSCORED if unscored else Band.REVIEW,
        because=[code.value],
        findings=[finding.as_json() for finding in (*findings, Finding(code, evidence))],
        thresholds=case.thresholds.as_json() if case.thresholds else None,
    )


def _decision(case: Case, now: int, opinion: Opinion | Missing, **decided: Any) -> Decision:
    comment = case.comment
    return Decision(
        id=new_id(now),
        site_id=comment.site_id,
        comment_id=comment.id,
        revision=comment.revision,
        version_before=comment.version,
        look=Look.SECOND,
        state_before=State(comment.state),
        at=now,
        opinion=opinion.as_json() if isinstance(opinion, Opinion) else None,
        model=opinion.model if isinstance(opinion, Opinion) else None,
        policy_version=case.policy.version,
        queue_key=sort_key(priority(opinion, flood_size=case.flood_size), comment.created_at),
        **decided,
    )


def _kept(case: Case) -> list[Finding]:
    replaced = SECOND_LOOK_ONLY | (SCORED if case.rescored else frozenset())
    findings = [_finding(stored) for stored in json.loads(case.comment.findings)]
    return [finding for finding in findings if finding.code not in replaced]


def _finding(stored: Mapping[str, Any]) -> Finding:
    evidence = {name: value for name, value in stored.items() if name != "code"}
    try:
        return Finding(Code(stored["code"]), evidence)
    except ValueError:
        # Another version of this program wrote it: not understood, so a person decides.
        return Finding(Code.CHECK_FAILED, {**evidence, "check": stored["code"]})


def _context(case: Case) -> Context:
    comment = case.comment
    return Context(
        comment.name, comment.website, comment.text, case.policy, case.opinion, case.thresholds, Author(), Form()
    )  # fmt: skip
