"""A look with a site's own head on top: what `adapt` fits and `score --site` applies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import shelf
from models.artefact import ModelDamaged, ModelMissing
from models.attributes import ATTRIBUTES
from models.calibration import sigmoid
from models.classifier import Classifier, Score
from models.encoder import EncoderMissing
from models.explain import Span
from models.operating_point import band
from models.second_look import FirstBasis, SecondLook
from models.site_head import Basis, Shipped, SiteHead


class Cascade:
    """As the service decides: the first look, and the second where the first leaves a comment to a person."""

    def __init__(self, second: SecondLook) -> None:
        self._first, self._second = second.first, second
        self.version = f"{self._first.version}+{second.version}"

    def score(self, texts: Sequence[str]) -> list[Score]:
        scores = self._first.score(texts)
        open_ = [at for at, score in enumerate(scores) if self._first.band_of(score) == "review"]
        again = self._second.score([texts[at] for at in open_])
        for at, score in zip(open_, again, strict=True):
            scores[at] = _Again(**vars(score))
        return scores

    def band_of(self, score: Score) -> str:
        return (self._second if isinstance(score, _Again) else self._first).band_of(score)

    def explain(self, text: str) -> list[Span]:
        return self._first.explain(text)


class _Again(Score):
    """A score of the second look, which has thresholds of its own."""


@dataclass(frozen=True)
class SiteLook:
    """p_reject is the site's; attributes and marked words are the shipped look's."""

    head: SiteHead
    shipped: Shipped
    first: Classifier

    @property
    def version(self) -> str:
        return f"{self.shipped.version}+site"

    def score(self, texts: Sequence[str]) -> list[Score]:
        if not texts:
            return []
        basis = self.shipped.basis(texts)
        logits = self.head.logit(basis)
        low, high = self.head.bounds(logits, light=basis.vectors is None)
        chances, known = sigmoid(basis.attributes), self.first.logits(texts)[1]
        return [
            Score(p, lo, hi, dict(zip(ATTRIBUTES, row, strict=True)), share)
            for p, lo, hi, row, share in zip(
                sigmoid(logits).tolist(), low.tolist(), high.tolist(), chances.tolist(), known.tolist(), strict=True
            )
        ]

    def band_of(self, score: Score) -> str:
        return band(score.low, score.high, score.attributes["spam"], self.first.operating_point)

    def explain(self, text: str) -> list[Span]:
        return self.first.explain(text)


@dataclass(frozen=True)
class Remembering:
    """A second look under a site's head, for texts whose sentence vectors are mostly there already."""

    look: SecondLook
    known: Mapping[str, NDArray[np.float32]]

    @property
    def version(self) -> str:
        return self.look.version

    @property
    def first(self) -> Classifier:
        return self.look.first

    def basis(self, texts: Sequence[str]) -> Basis:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        made = dict(zip(new, self.look.vectors(new), strict=True))
        vectors = [self.known[text] if text in self.known else made[text] for text in texts]
        return self.look.basis_of(texts, np.array(vectors, dtype=np.float32).reshape(len(texts), -1))

    def first_basis(self, texts: Sequence[str]) -> Basis:
        return self.look.first_basis(texts)


def best_basis(folder: Path, first: Classifier) -> Shipped:
    """The second look where there is one, else the first."""
    try:
        return SecondLook.open(folder, first)
    except (EncoderMissing, ModelMissing, ModelDamaged):
        return FirstBasis(first)


def open_site(folder: Path, site: Path) -> SiteLook:
    """Raises ModelDamaged where the head was fitted on other models than those on the shelf."""
    first, head = shelf.open_current(folder), SiteHead.load(site)
    shipped: Shipped = FirstBasis(first)
    if len(head.full.vectors):
        shipped = SecondLook.open(folder, first)
    if head.manifest["shipped"] != shipped.version:
        raise ModelDamaged(
            f"{site.name} was fitted on {head.manifest['shipped']}, in service is {shipped.version}: adapt again"
        )
    return SiteLook(head, shipped, first)
