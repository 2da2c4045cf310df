"""A finding is one clue about a comment: a code, and the evidence a moderator is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Every clue there is. `config/site_policy.toml` says what each one calls for."""

    HONEYPOT = "honeypot"
    NO_FORM_TOKEN = "no_form_token"
    BAD_FORM_TOKEN = "bad_form_token"
    TOO_FAST = "too_fast"
    LINKS = "links"
    MANY_LINKS = "many_links"
    LINK_FLOOD = "link_flood"
    BLOCKED_LINK = "blocked_link"
    REJECTED_WORD = "rejected_word"
    REVIEWED_WORD = "reviewed_word"
    SPAM_WORD = "spam_word"
    REPEATED_TEXT = "repeated_text"
    POSTING_FAST = "posting_fast"
    FIRST_COMMENT = "first_comment"
    ALWAYS_REVIEW = "always_review"
    TRUSTED = "trusted"
    OFTEN_REJECTED = "often_rejected"
    SPAMMED_BEFORE = "spammed_before"
    LIKELY_REJECTED = "likely_rejected"
    ATTRIBUTE = "attribute"
    SECOND_OPINION = "second_opinion"
    NEAR_DUPLICATE = "near_duplicate"
    PRECEDENT = "precedent"
    SCORER_FAILED = "scorer_failed"
    CHECK_FAILED = "check_failed"


@dataclass(frozen=True, slots=True)
class Finding:
    code: Code
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code.value, **self.evidence}


SITES_HEAD = "+site-"  # in the name of a model that a site's own decisions changed


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model says of a text: p_reject in [low, high], and the seven attributes, each in 0..1."""

    p_reject: float
    low: float
    high: float
    attributes: Mapping[str, float]
    model: str

    def as_json(self) -> dict[str, Any]:
        """Not rounded: intervals come in steps, thresholds lie on them, and a replay must see what was decided on."""
        return {"p_reject": self.p_reject, "low": self.low, "high": self.high, "attributes": dict(self.attributes)}


@dataclass(frozen=True, slots=True)
class Missing:
    """No opinion, and why: a reason for the operator, never a verdict on the author."""

    reason: str
