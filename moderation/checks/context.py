"""All that a check may know about a comment; the service reads it once."""

from dataclasses import dataclass
from typing import Literal

from moderation.domain.finding import Missing, Opinion
from moderation.domain.policy import Policy, Thresholds

Token = Literal["ok", "missing", "bad", "not_asked"]


@dataclass(frozen=True, slots=True)
class Author:
    """What this site knows of the address; counts are of earlier comments."""

    standing: str = "normal"
    posted: int = 0
    approved: int = 0
    rejected: int = 0
    spam: int = 0
    burst: int = 0  # comments within the last ten minutes


@dataclass(frozen=True, slots=True)
class Form:
    """How the form was filled in; `age_s` is how long it was open, None if unknown."""

    trap_filled: bool = False
    token: Token = "not_asked"
    age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Context:
    name: str
    website: str
    text: str
    policy: Policy
    opinion: Opinion | Missing
    operating_point: Thresholds | None
    author: Author = Author()
    form: Form = Form()
    same_text_today: int = 0
