"""How many links a comment carries, and whether one leads where this site wants nobody sent."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from moderation.checks.context import Context
from moderation.domain.finding import Code, Finding

# Linear: one alternation, no nested repeats.
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'\])]{1,2000}", re.IGNORECASE)


def check(context: Context) -> Iterator[Finding]:
    policy = context.policy
    found = [(match.group(), match.span()) for match in _LINK.finditer(context.text)]
    for link, span in [*found, (context.website, None)]:
        host = _host(link)
        if host and any(host == blocked or host.endswith("." + blocked) for blocked in policy.blocked_hosts):
            yield Finding(Code.BLOCKED_LINK, {"host": host} | ({"span": span} if span else {}))
    count = len(found)
    spans = [span for _, span in found[:20]]
    evidence = {"count": count, "spans": spans}
    if count > policy.links_spam_above:
        yield Finding(Code.LINK_FLOOD, {**evidence, "threshold": policy.links_spam_above})
    elif count > policy.links_held_above:
        yield Finding(Code.MANY_LINKS, {**evidence, "threshold": policy.links_held_above})
    elif count:
        yield Finding(Code.LINKS, evidence)


def _host(link: str) -> str:
    try:
        return (urlsplit(link if "//" in link else f"//{link}").hostname or "").casefold()
    except ValueError:
        return ""
