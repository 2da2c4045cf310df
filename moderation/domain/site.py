"""A publisher, and where its pages live."""

import re
from dataclasses import dataclass

from moderation.domain.policy import Policy

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    key: str
    name: str
    origins: frozenset[str]
    policy: Policy


def is_key(value: object) -> bool:
    """A site's key: 1 to 40 of a-z, 0-9 and -. Anything else is asked of nobody."""
    return isinstance(value, str) and KEY.fullmatch(value) is not None
