"""Learn a site's head from decided rows and judge it by the gate: every reason why it may not go into service.

The head that is judged learnt from the older rows; what is handed out learnt from all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models import functional_cases
from models.calibration import sigmoid
from models.decided import Decided, split
from models.gate import Judgement, cases_lost, contradicted, judge, strayed
from models.site_head import (
    FEWEST_DECISIONS,
    Basis,
    Shipped,
    SiteHead,
    TooFewDecisions,
    fit,
    held_out_logits,
    part_of,
)

if TYPE_CHECKING:
    from models.classifier import Classifier

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]
MISTAKES_TOLD = 20
SURELY_OTHERWISE = 0.9


@dataclass(frozen=True)
class Learnt:
    """head: what was learnt from all rows; reasons: why it may not go into service; figures: what the gate measured,
    for the first look under the prefix first_ where there are two; shadow: what it would have changed; mistakes: ids of
    rows whose verdict the others contradict; remembered: what the next head's labels are compared with."""

    head: SiteHead
    reasons: list[str]
    figures: dict[str, float]
    shadow: dict[str, float]
    remembered: dict[str, float]
    apart: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def enough(rows: Sequence[Decided]) -> None:
    """Before sentences are read for nothing. Raises TooFewDecisions."""
    learnt = _truth(split(rows)[0])
    if len(learnt) < FEWEST_DECISIONS or learnt.all() or not learnt.any():
        raise TooFewDecisions(len(learnt), int(learnt.sum()))


def learn(rows: Sequence[Decided], shipped: Shipped, current: SiteHead | None) -> Learnt:
    """rows oldest first; current: the head in service, fitted on the same first look. Raises TooFewDecisions."""
    shipped, (learnt, kept, shared) = _ReadOnce(shipped, [row.text for row in rows]), split(rows)
    trial, final = _fit(learnt, shipped), _fit(rows, shipped)
    looks, truth = _Looks(current, shipped, rows), _truth(rows)
    judged = _judged(looks, trial, rows, kept)
    explained = sigmoid(held_out_logits(looks.basis, truth, np.ones(len(rows)), np.zeros((len(rows), 0))))
    before = looks.chances(current)
    share, told = contradicted(
        truth, before, explained, current.manifest.get("contradicted") if current else None,
        None if current else _familiar(shipped, rows),
    )  # fmt: skip
    turned = told or _strayed(current, rows, truth, before)
    middles = tuple(float(np.median(explained[truth == side])) for side in (False, True))
    reasons = [*judged.reasons, *([turned] if turned else []), *_lost(looks, final, middles)]
    remembered = {
        "contradicted": round(share, 4), "disagreed": round(float(np.mean(truth != (explained > 0.5))), 4),
        "learnt_until": max(row.at for row in rows),
    }  # fmt: skip
    shadow, mistakes = _shadow(looks, final), _mistakes(rows, truth, explained)
    return Learnt(final, reasons, judged.figures, shadow, remembered, shared, mistakes)


def _familiar(shipped: Shipped, rows: Sequence[Decided]) -> Truth:
    known = shipped.first.logits([row.text for row in rows])[1]
    return np.asarray(known >= shipped.first.known_floor)


def _strayed(current: SiteHead | None, rows: Sequence[Decided], truth: Truth, before: Floats) -> str | None:
    if current is None or "disagreed" not in current.manifest:
        return None
    new = np.array([row.at > current.manifest["learnt_until"] for row in rows], dtype=bool)
    against = int((truth != (before > 0.5))[new].sum())
    return strayed(against, int(new.sum()), current.manifest["disagreed"])


class _ReadOnce:
    """A look under a head whose opinion of these texts is asked for again and again."""

    def __init__(self, shipped: Shipped, texts: Sequence[str]) -> None:
        known = list(dict.fromkeys(texts))
        self._shipped, self._place = shipped, {text: at for at, text in enumerate(known)}
        self._basis, self._first_basis = shipped.basis(known), shipped.first_basis(known)

    @property
    def version(self) -> str:
        return self._shipped.version

    @property
    def first(self) -> Classifier:
        return self._shipped.first

    def basis(self, texts: Sequence[str]) -> Basis:
        places = self._places(texts)
        return self._shipped.basis(texts) if places is None else part_of(self._basis, places)

    def first_basis(self, texts: Sequence[str]) -> Basis:
        places = self._places(texts)
        return self._shipped.first_basis(texts) if places is None else part_of(self._first_basis, places)

    def _places(self, texts: Sequence[str]) -> NDArray[np.int64] | None:
        if not all(text in self._place for text in texts):
            return None
        return np.array([self._place[text] for text in texts], dtype=np.int64)


class _Looks:
    """What both looks make of the site's decisions, once; and what heads make of that."""

    def __init__(self, current: SiteHead | None, shipped: Shipped, rows: Sequence[Decided]) -> None:
        texts = [row.text for row in rows]
        self.current, self.shipped = current, shipped
        self.basis, self.first_basis = shipped.basis(texts), shipped.first_basis(texts)

    def chances(self, head: SiteHead | None) -> Floats:
        """(n,) as the last look says it: the first where the head has nothing to say to the second."""
        return _chances(head, self.shipped, self.basis, self.first_basis)

    def first_chances(self, head: SiteHead | None) -> Floats:
        return _chances(head, self.shipped, self.first_basis, self.first_basis)


def _chances(head: SiteHead | None, shipped: Shipped, basis: Basis, first_basis: Basis) -> Floats:
    if head is None:
        return sigmoid(basis.prior)
    return sigmoid(head.logit(basis if head.fits_second(shipped.version) else first_basis))


def _truth(rows: Sequence[Decided]) -> Truth:
    return np.array([row.rejected for row in rows], dtype=bool)


def _fit(rows: Sequence[Decided], shipped: Shipped) -> SiteHead:
    return fit([row.text for row in rows], _truth(rows), np.array([row.weight for row in rows]), shipped)


def _judged(looks: _Looks, trial: SiteHead, rows: Sequence[Decided], kept: Sequence[Decided]) -> Judgement:
    """In the last look, and in the first as well where they are two: what is lost in either is lost."""
    place = {row.id: at for at, row in enumerate(rows)}
    at = np.array([place[row.id] for row in kept], dtype=np.int64)
    truth, weight = _truth(kept), np.array([row.weight for row in kept])
    judged = judge(truth, weight, looks.chances(looks.current)[at], looks.chances(trial)[at])
    if looks.basis.vectors is None:
        return judged
    first = judge(truth, weight, looks.first_chances(looks.current)[at], looks.first_chances(trial)[at])
    return judged.beside(first, where="in the first look", prefix="first_")


def _lost(looks: _Looks, new: SiteHead, middles: tuple[float, ...]) -> list[str]:
    """middles: of the chances of what the site approves, and of what it rejects."""
    texts = list(functional_cases.CASES)
    harmful = np.arange(len(texts)) >= len(functional_cases.HARMLESS)
    cases = _Looks(looks.current, looks.shipped, [Decided(text, text, False, 1.0, "", "") for text in texts])
    lost = cases_lost(harmful, cases.chances(cases.current), cases.chances(new), texts, *middles)
    lost += cases_lost(harmful, cases.first_chances(cases.current), cases.first_chances(new), texts, *middles)
    return [f"it gets wrong what was right before: {text!r}" for text in dict.fromkeys(lost)][:3]


def _mistakes(rows: Sequence[Decided], rejected: Truth, explained: Floats) -> list[str]:
    """Comments whose verdict all the other decisions contradict: worth a second reading, by a person."""
    against = np.abs(explained - rejected)
    order = np.argsort(-against)[:MISTAKES_TOLD]
    # What came over a key is no comment here and cannot be read again.
    return [rows[at].id for at in order if against[at] >= SURELY_OTHERWISE and rows[at].revision]


def _shadow(looks: _Looks, new: SiteHead) -> dict[str, float]:
    """Beside the model in service on the newest decisions: how far its opinions move, and how many change sides."""
    before, after = looks.chances(looks.current)[-500:], looks.chances(new)[-500:]
    return {
        "comments": len(before),
        "moved": round(float(np.abs(after - before).mean()), 4),
        "changed_sides": round(float(((before > 0.5) != (after > 0.5)).mean()), 4),
    }
