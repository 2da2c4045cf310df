"""One address writing faster than a person argues."""

from collections.abc import Iterator

from moderation.checks.context import Context
from moderation.domain.finding import Code, Finding


def check(context: Context) -> Iterator[Finding]:
    threshold = context.policy.comments_per_ten_minutes
    count = context.author.burst + 1
    if count > threshold:
        yield Finding(Code.POSTING_FAST, {"count": count, "threshold": threshold})
