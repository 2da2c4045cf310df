"""What only a second look finds: is it one of a flood, what its sentences say, how moderators decided on the like."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from moderation.domain.finding import Finding, Missing, Opinion
from moderation.services import floods
from moderation.services.second_decision import Case
from moderation.storage import sentence_vectors

if TYPE_CHECKING:
    from moderation.domain.policy import Thresholds
    from moderation.wiring import Wiring

Vector = NDArray[np.float32]
Vectors = NDArray[np.float32]


class Precedents(Protocol):
    def findings(
        self, site_id: str, texts: Sequence[str], vectors: Sequence[Vector | None] | None = None
    ) -> list[list[Finding]]: ...


class Second(Protocol):
    """What reads sentences: SecondScorer, or nothing where no encoder is."""

    @property
    def encoder(self) -> str | None: ...

    def vectors(self, texts: Sequence[str]) -> Vectors | None: ...

    def opinions(
        self, texts: Sequence[str], vectors: Vectors, site_ids: Sequence[str]
    ) -> list[Opinion | Missing]: ...

    def thresholds(self, opinion: Opinion) -> "Thresholds | None": ...


def add(wiring: "Wiring", cases: Sequence[Case], precedents: Precedents | None, second: Second | None) -> None:
    """Put all three to the cases; precedents come last, because they are found by the vectors of the sentences."""
    if not cases:
        return
    _add_floods(wiring, cases)
    if second is not None:
        _read_sentences(wiring, second, cases)
    if precedents is not None:
        _add_precedents(precedents, cases)


def _add_floods(wiring: "Wiring", cases: Sequence[Case]) -> None:
    found = floods.find(wiring, [case.comment for case in cases])
    for case in cases:
        flood = found.get(case.comment.id)
        if flood is not None:
            case.flood_size = flood.size
            case.found += floods.findings(flood)


def _read_sentences(wiring: "Wiring", second: Second, cases: Sequence[Case]) -> None:
    """Vectors once a comment, in one batch and kept for every process; an opinion beside the first look's."""
    texts = [case.comment.text for case in cases]
    vectors, encoder = second.vectors(texts), second.encoder
    if vectors is None or encoder is None:
        return
    opinions = second.opinions(texts, vectors, [case.comment.site_id for case in cases])
    for case, vector, opinion in zip(cases, vectors, opinions, strict=True):
        case.vector, case.second = vector, opinion
        case.second_thresholds = second.thresholds(opinion) if isinstance(opinion, Opinion) else None
    revisions = [(case.comment.id, case.comment.revision) for case in cases]
    kept = dict(zip(revisions, vectors, strict=True))
    wiring.database.write(partial(sentence_vectors.keep, vectors=kept, encoder=encoder))


def _add_precedents(precedents: Precedents, cases: Sequence[Case]) -> None:
    for site_id in {case.comment.site_id for case in cases}:
        here = [case for case in cases if case.comment.site_id == site_id]
        known = precedents.findings(
            site_id, [case.comment.text for case in here], [case.vector for case in here]
        )
        for case, findings in zip(here, known, strict=True):
            case.found += findings
