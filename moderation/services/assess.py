"""The first look at a text: what the checks find, what the model thinks, what the policy makes of both."""

from dataclasses import dataclass

from moderation import checks
from moderation.checks.classifier import Scorer
from moderation.checks.context import Author, Context, Form
from moderation.domain.finding import Finding, Missing, Opinion
from moderation.domain.policy import Policy, Thresholds, Verdict, decide
from moderation.outbound import metrics


@dataclass(frozen=True, slots=True)
class Assessment:
    findings: list[Finding]
    opinion: Opinion | Missing
    verdict: Verdict
    operating_point: Thresholds | None


def assess(
    scorer: Scorer, policy: Policy, *, name: str, website: str, text: str,
    author: Author | None = None, form: Form | None = None, same_text_today: int = 0, site_id: str = "",
) -> Assessment:  # fmt: skip
    with metrics.SCORING.time():
        opinion = scorer.opinion(text, site_id)
    point = scorer.operating_point(opinion.model if isinstance(opinion, Opinion) else None)
    context = Context(
        name, website, text, policy, opinion, point, author or Author(), form or Form(), same_text_today
    )
    findings = checks.run(checks.FIRST_LOOK, context)
    return Assessment(findings, opinion, decide(policy, findings, opinion, point), point)
