"""The first look at texts: what the checks find, what the model thinks, what the policy makes of both."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from moderation import checks
from moderation.checks.classifier import Scorer
from moderation.checks.context import Author, Context, Form
from moderation.domain.finding import Finding, Missing, Opinion
from moderation.domain.policy import Policy, Thresholds, Verdict, decide
from moderation.outbound import metrics


@dataclass(frozen=True, slots=True)
class Question:
    """A text to look at, with what is known of who sent it and how."""

    policy: Policy
    name: str
    website: str
    text: str
    author: Author | None = None
    form: Form | None = None
    same_text_today: int = 0
    site_id: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    findings: list[Finding]
    opinion: Opinion | Missing
    verdict: Verdict
    operating_point: Thresholds | None


def assess(scorer: Scorer, question: Question) -> Assessment:
    return assess_all(scorer, [question])[0]


def assess_all(scorer: Scorer, questions: Sequence[Question]) -> list[Assessment]:
    """Each as if it were asked alone; together they cost the model far less."""
    began = time.perf_counter()
    opinions = scorer.opinions([each.text for each in questions], [each.site_id for each in questions])
    for _ in questions:
        metrics.SCORING.observe((time.perf_counter() - began) / len(questions))
    return [_looked(scorer, each, opinion) for each, opinion in zip(questions, opinions, strict=True)]


def _looked(scorer: Scorer, asked: Question, opinion: Opinion | Missing) -> Assessment:
    point = scorer.operating_point(opinion.model if isinstance(opinion, Opinion) else None)
    context = Context(
        asked.name, asked.website, asked.text, asked.policy, opinion, point, asked.author or Author(),
        asked.form or Form(), asked.same_text_today,
    )  # fmt: skip
    findings = checks.run(checks.FIRST_LOOK, context)
    return Assessment(findings, opinion, decide(asked.policy, findings, opinion, point), point)
