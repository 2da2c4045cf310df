"""One comment as the desk shows it: everything a template needs, worked out and nothing stored."""

import json
from dataclasses import dataclass
from typing import Any

from moderation.domain.comment import HUMAN_LOOKS, State
from moderation.domain.reason import Reason
from moderation.services.claim import Claim, Held
from moderation.storage.desk_queries import AUDIT
from moderation.storage.reading import Reading
from moderation.storage.rows import Record
from moderation.web.desk import marked, why, words
from moderation.web.desk.marked import Piece
from moderation.web.desk.strip import Strip, strip
from moderation.web.desk.why import Clue
from moderation.wiring import Wiring

PREVIEW = 140


@dataclass(frozen=True, slots=True)
class Precedent:
    state: str
    reason: str
    text: str
    alike: str


@dataclass(frozen=True, slots=True)
class Card:
    """`blind`: what was decided and scored is hidden, so that it cannot lead."""

    view: str
    reading: Reading
    comment: Record
    pieces: list[Piece]
    blind: bool
    heading: str
    clues: list[Clue]
    strip: Strip | None
    precedents: list[Precedent]
    likely_reason: Reason
    claim: Claim | None
    held: Held | None
    decided_by_person: bool
    model: str | None


def card(
    wiring: Wiring, view: str, reading: Reading, *, claim: Claim | None = None, held: Held | None = None
) -> Card:
    blind = view == AUDIT
    text = reading.comment.text
    found = [] if blind else marked.marks(wiring, text, reading.findings)
    look = reading.look
    because: list[str] = json.loads(look.because) if look is not None else []
    return Card(
        view=view,
        reading=reading,
        comment=reading.comment,
        pieces=marked.pieces(text, found),
        blind=blind,
        heading=_heading(reading, because),
        clues=why.clues(because, reading.findings, marked=any(mark.attribute for mark in found)),
        strip=None if blind or look is None else strip(look),
        precedents=[] if blind else [_precedent(evidence, row) for evidence, row in reading.precedents],
        likely_reason=_likely_reason(look),
        claim=claim,
        held=held,
        decided_by_person=reading.decided.look in HUMAN_LOOKS,
        model=look.model if look is not None else None,
    )


def _heading(reading: Reading, because: list[str]) -> str:
    if reading.comment.state == State.PENDING:
        return why.heading(because, reading.comment.band)
    return words.decided(reading.decided)


def _precedent(evidence: dict[str, Any], row: Record) -> Precedent:
    verdict = str(evidence.get("verdict", row.state))
    reason = str(evidence.get("reason", ""))
    return Precedent(
        state=verdict,
        reason=words.reason_name(reason) if reason in set(Reason) else "",
        text=row.text,
        alike=words.percent(float(evidence.get("similarity", 0))),
    )


def _likely_reason(look: Record | None) -> Reason:
    """The reason that Enter takes: what the model saw most of, if it saw anything."""
    if look is None or not look.opinion:
        return Reason.OTHER
    attributes: dict[str, float] = json.loads(look.opinion).get("attributes", {})
    named = {name: score for name, score in attributes.items() if name in words.REASON_OF_ATTRIBUTE}
    strongest = max(named, key=lambda name: named[name], default="")
    if not strongest or named[strongest] < 0.3:
        return Reason.OTHER
    return words.REASON_OF_ATTRIBUTE[strongest]
