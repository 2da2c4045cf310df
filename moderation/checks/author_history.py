"""What this site decided about the author's earlier comments, and what standing it gave them."""

from collections.abc import Iterator

from moderation.checks.context import Context
from moderation.domain.finding import Code, Finding

FEWEST_DECIDED = 4


def check(context: Context) -> Iterator[Finding]:
    author, policy = context.author, context.policy
    if author.standing == "always_review":
        yield Finding(Code.ALWAYS_REVIEW, {"standing": author.standing})
    if author.standing == "trusted":
        yield Finding(Code.TRUSTED, {"approved": author.approved})
        return
    if author.approved == 0 and author.posted == 0:
        yield Finding(Code.FIRST_COMMENT)
    if author.spam and author.spam >= author.approved:
        yield Finding(Code.SPAMMED_BEFORE, {"count": author.spam, "of": author.posted})
    decided = author.approved + author.rejected
    if decided >= FEWEST_DECIDED and author.rejected / decided > policy.often_rejected_share:
        yield Finding(
            Code.OFTEN_REJECTED,
            {"count": author.rejected, "of": decided, "threshold": policy.often_rejected_share},
        )
