"""The decision itself: normalise, checks, scoring and policy of one comment, in process."""

from __future__ import annotations

import statistics
import time

from moderation.checks.context import Author, Form
from moderation.services.assess import Question, assess
from moderation.wiring import Wiring
from tests.support.settings import SITE


def decision_ms(wiring: Wiring, texts: list[str], rounds: int = 3000) -> tuple[float, float]:
    """(p50, p99) over different texts, one at a time."""
    site = wiring.sites.by_key(SITE)
    assert site is not None
    times = []
    for number in range(-100, rounds):
        text = texts[number % len(texts)]
        started = time.perf_counter()
        question = Question(
            site.policy, "Reader", "https://reader.example.org/", text,
            author=Author(posted=3, approved=2), form=Form(token="ok", age_s=20.0), site_id=site.id,
        )  # fmt: skip
        assess(wiring.scorer, question)
        if number >= 0:
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]
