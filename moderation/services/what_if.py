"""What another policy would have done with the last comments of this site, before anybody saves it.

Nothing is scored again: the stored findings and opinion of each comment's last look go through the same pure policy
once with today's settings and once with the others. Only what depends on the settings themselves, links and
word lists, is looked at again, on the texts. What the new decisions would have changed in turn (an author's
history, a flood) is not replayed.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moderation.checks import links, word_lists
from moderation.checks.context import Context
from moderation.domain.comment import Band, State
from moderation.domain.finding import Code, Finding, Missing, Opinion
from moderation.domain.policy import Policy, Thresholds, Verdict, decide
from moderation.domain.policy_settings import WORD_LISTS
from moderation.storage import past_looks
from moderation.storage.past_looks import Past

if TYPE_CHECKING:
    from moderation.wiring import Wiring

LAST = 2_000
FLIPS_SHOWN = 50
WORDS_TRIED = 40
EXAMPLES = 3
DAY_US = 86_400_000_000
# Without decisions to measure: 300 an hour, a practised moderator's pace.
SECONDS_A_DECISION = 12.0
PAUSE_US = 120_000_000
_BY_SETTINGS = frozenset({
    Code.LINKS, Code.MANY_LINKS, Code.LINK_FLOOD, Code.BLOCKED_LINK, Code.REJECTED_WORD, Code.SPAM_WORD,
    Code.REVIEWED_WORD,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flip:
    past: Past
    before: Verdict
    after: Verdict

    @property
    def against_a_person(self) -> bool:
        """A moderator decided otherwise than the new policy would, which would not have asked."""
        return _wrong(self.past, self.after) != ""


@dataclass
class Outcome:
    """One policy over the same comments."""

    bands: Counter[str] = field(default_factory=Counter)
    approved: int = 0
    held: int = 0
    refused: int = 0
    wrong_approvals: int = 0
    wrong_rejections: int = 0
    minutes_a_day: float = 0.0


@dataclass(frozen=True, slots=True)
class WordHits:
    """What a new word finds in the past."""

    list_name: str
    word: str
    hits: int
    approved_by_people: int
    approved: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    comments: int
    with_a_person: int
    days: float
    seconds_a_decision: float
    measured: bool
    before: Outcome
    after: Outcome
    flips: list[Flip]
    flipped: int
    words: list[WordHits]


def what_if(wiring: "Wiring", site_id: str, today: Policy, other: Policy, *, last: int = LAST) -> WhatIf:
    with wiring.database.read() as conn:
        past = past_looks.last(conn, site_id, limit=last)
        times = past_looks.decision_times(conn, site_id, limit=500)
    point, model = wiring.scorer.operating_point(), _model(wiring)
    before, after, flips = Outcome(), Outcome(), []
    for one in past:
        # The operating point belongs to the model that gave the opinion.
        own = point if one.model == model else Thresholds(**one.thresholds) if one.thresholds else point
        was, would = (_decide(policy, one, own) for policy in (today, other))
        _count(before, one, was)
        _count(after, one, would)
        if was.state is not would.state:
            flips.append(Flip(one, was, would))
    days = max(1.0, (past[0].created_at - past[-1].created_at) / DAY_US) if past else 1.0
    pace = seconds_a_decision(times)
    for outcome in (before, after):
        outcome.minutes_a_day = outcome.held / days * (pace or SECONDS_A_DECISION) / 60
    flips.sort(key=lambda flip: not flip.against_a_person)
    return WhatIf(
        comments=len(past), with_a_person=sum(one.by_person is not None for one in past), days=days,
        seconds_a_decision=pace or SECONDS_A_DECISION, measured=pace is not None, before=before, after=after,
        flips=flips[:FLIPS_SHOWN], flipped=len(flips), words=_new_words(today, other, past),
    )  # fmt: skip


def _model(wiring: "Wiring") -> str | None:
    classifier = wiring.scorer.current()
    return classifier.version if classifier is not None else None


def _decide(policy: Policy, past: Past, point: Thresholds | None) -> Verdict:
    opinion: Opinion | Missing = Missing("was not scored")
    if past.opinion is not None:
        opinion = Opinion(**past.opinion, model=past.model or "")
    kept = [finding for finding in map(_finding, past.findings) if finding.code not in _BY_SETTINGS]
    context = Context(past.name, past.website, past.text, policy, opinion, point)
    return decide(policy, [*links.check(context), *word_lists.check(context), *kept], opinion, point)


def _finding(stored: dict[str, Any]) -> Finding:
    try:
        return Finding(Code(stored["code"]))
    except (ValueError, KeyError):
        return Finding(Code.CHECK_FAILED)


def _count(outcome: Outcome, past: Past, verdict: Verdict) -> None:
    outcome.bands[verdict.band.value] += 1
    match verdict.state:
        case State.APPROVED:
            outcome.approved += 1
        case State.PENDING:
            outcome.held += 1
        case _:
            outcome.refused += 1
    wrong = _wrong(past, verdict)
    outcome.wrong_approvals += wrong == "approval"
    outcome.wrong_rejections += wrong == "rejection"


def _wrong(past: Past, verdict: Verdict) -> str:
    """Against what a moderator decided on the same comment; a held one is never wrong."""
    if past.by_person is None or verdict.state is State.PENDING:
        return ""
    if verdict.band is Band.AUTO_APPROVE and past.by_person in (State.REJECTED, State.SPAM):
        return "approval"
    if verdict.state in (State.REJECTED, State.SPAM) and past.by_person == State.APPROVED:
        return "rejection"
    return ""


def seconds_a_decision(times: Sequence[tuple[str, int]]) -> float | None:
    """The median pause between two decisions of one person, breaks left out; None with too few."""
    seen: dict[str, int] = {}
    pauses = []
    for who, at in times:  # newest first
        if who in seen and 0 < seen[who] - at <= PAUSE_US:
            pauses.append((seen[who] - at) / 1_000_000)
        seen[who] = at
    return statistics.median(pauses) if len(pauses) >= 20 else None


def _new_words(today: Policy, other: Policy, past: Sequence[Past]) -> list[WordHits]:
    """Each word that is new, tried alone on the texts: "cialis" must not find a specialist."""
    found = []
    for name in WORD_LISTS:
        known = set(getattr(today, name))
        for word in [word for word in getattr(other, name) if word not in known][:WORDS_TRIED]:
            hits = [one for one in past if word_lists.found(word, one.text, one.name)]
            people = sum(one.by_person == State.APPROVED for one in hits)
            shown = tuple(one.text[:140] for one in hits[:EXAMPLES])
            approved = sum(one.state == State.APPROVED for one in hits)
            found.append(WordHits(name, word, len(hits), people, approved, shown))
    return found
