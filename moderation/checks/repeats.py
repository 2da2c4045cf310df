"""The very same text, sent again by anybody within a day."""

from collections.abc import Iterator

from moderation.checks.context import Context
from moderation.domain.finding import Code, Finding

# Short texts ("I agree", "Thank you") repeat by themselves.
SHORTEST = 40


def check(context: Context) -> Iterator[Finding]:
    threshold = context.policy.repeats_per_day
    if context.same_text_today >= threshold and len(context.text) >= SHORTEST:
        yield Finding(Code.REPEATED_TEXT, {"count": context.same_text_today, "threshold": threshold})
