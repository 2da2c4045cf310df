"""The site's own words: whole words in any script, any case, never the middle of another word."""

import re
from collections.abc import Iterator
from functools import lru_cache

from moderation.checks.context import Context
from moderation.domain.finding import Code, Finding

MOST_SHOWN = 10


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted((re.escape(word) for word in words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)


def found(word: str, text: str, name: str) -> bool:
    """Would this word alone find this comment?"""
    pattern = _pattern((word,))
    return pattern.search(text) is not None or pattern.search(name) is not None


def check(context: Context) -> Iterator[Finding]:
    policy = context.policy
    for code, words in (
        (Code.REJECTED_WORD, policy.rejected_words),
        (Code.SPAM_WORD, policy.spam_words),
        (Code.REVIEWED_WORD, policy.reviewed_words),
    ):
        if not words:
            continue
        for found, match in enumerate(_pattern(words).finditer(context.text)):
            if found == MOST_SHOWN:
                break
            yield Finding(code, {"word": match.group(), "span": match.span()})
        if match_in_name := _pattern(words).search(context.name):
            yield Finding(code, {"word": match_in_name.group(), "field": "name"})
