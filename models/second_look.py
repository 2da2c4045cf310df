"""The second look: a sentence encoder's opinion beside the first look's, stacked and calibrated.

Where the first look knows the words, both have a say; a text in words it does not know is left to the encoder, whose
languages are more. Such a text is never decided by machine: the budgets were held on English comments alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models import artefact, shelf
from models.artefact import Artefact, ModelDamaged
from models.attributes import ATTRIBUTES
from models.both_encoders import encoder_for
from models.calibration import Intervals, reject_logit, sigmoid
from models.classifier import Classifier, Score
from models.encoder import SentenceEncoder, Vectors
from models.explain import Span
from models.features import BUCKETS, counted, grams_of, scaled
from models.loud_stretch import lifted, loudest
from models.operating_point import OperatingPoint, band
from models.readable import readable, said_twice
from models.site_head import Basis
from models.text import plain_view, raw_codes

Floats = NDArray[np.float64]
KIND = "second look"
SMOKE_TOLERANCE = 5e-3


@dataclass(frozen=True)
class Blend:
    """From the two looks' logits to calibrated ones. of_first, of_vectors, shift (7,): logit = of_first * the first
    look's + of_vectors * the encoder's + shift."""

    of_first: Floats
    of_vectors: Floats
    shift: Floats
    intervals: Intervals

    def logits(self, first: Floats, seen: Floats) -> Floats:
        """first, seen (n, 7) -> (n, 7)."""
        return first * self.of_first + seen * self.of_vectors + self.shift


@dataclass(frozen=True)
class SecondLook:
    """middle, spread (d,) standardise the vectors; weights (d, 7) and intercept (7,) are the encoder's heads;
    both: for texts in known words; alone: for the others, without the first look; branches as the first look's;
    in_stretches: whether it was calibrated on what the loudest stretches of long texts say as well."""

    version: str
    first: Classifier
    encoder: SentenceEncoder
    operating_point: OperatingPoint
    manifest: Mapping[str, Any]
    middle: NDArray[np.float32]
    spread: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: Floats
    both: Blend
    alone: Blend
    branches: Floats
    in_stretches: bool

    @classmethod
    def from_artefact(cls, found: Artefact, first: Classifier, encoder: SentenceEncoder) -> Self:
        """Raises ModelDamaged where the arrays do not fit this code, or the encoder is another than at training."""
        arrays, manifest = found.arrays, found.manifest
        try:
            if manifest["kind"] != KIND:
                raise ValueError(f"it is a {manifest['kind']}, not a {KIND}")
            look = cls(
                version=str(manifest["version"]),
                first=first,
                encoder=encoder,
                operating_point=OperatingPoint(**manifest["operating_point"]),
                manifest=manifest,
                middle=arrays["middle"].reshape(encoder.dimensions),
                spread=arrays["spread"].reshape(encoder.dimensions),
                weights=arrays["weights"].reshape(encoder.dimensions, len(ATTRIBUTES)),
                intercept=arrays["intercept"],
                both=_blend(arrays, "both"),
                alone=_blend(arrays, "alone"),
                branches=arrays["branches"],
                in_stretches=bool(manifest.get("in_stretches")),
            )
            look.check_smoke(manifest["smoke"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelDamaged(f"the second look does not fit this code or this encoder: {error!r}") from error
        return look

    @classmethod
    def open(cls, folder: Path, first: Classifier | None = None) -> Self:
        """The second look in service on a shelf. Raises ModelMissing, ModelDamaged or EncoderMissing."""
        first = first or shelf.open_current(folder)
        found = artefact.load(folder / shelf.pointed(folder, shelf.SECOND_LOOK))
        return cls.from_artefact(found, first, encoder_for(found.manifest, folder))

    def check_smoke(self, smoke: Mapping[str, float]) -> None:
        """What the encoder's heads said at training must come out again, or it is another encoder."""
        said = self.seen(self.encoder.vectors(list(smoke)))[:, 0]
        for text, expected, logit in zip(smoke, smoke.values(), said, strict=True):
            if not abs(logit - expected) <= SMOKE_TOLERANCE * (1 + abs(expected)):
                raise ValueError(f"{text!r} gives {logit:.4f}, the manifest says {expected:.4f}")

    @property
    def is_calibrated(self) -> bool:
        """Whether its bands were chosen behind this first look: behind another they promise nothing."""
        return bool(self.manifest["stacked_on"] == self.first.version)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return self.encoder.vectors(texts)

    def seen(self, vectors: Vectors) -> Floats:
        """(n, 7) the logits of the encoder's heads."""
        return np.asarray((vectors - self.middle) / self.spread @ self.weights + self.intercept, dtype=np.float64)

    def score(self, texts: Sequence[str]) -> list[Score]:
        """This look's own opinion of each text, whatever the first look made of it."""
        return self.score_vectors(texts, self.vectors(texts)) if texts else []

    def score_vectors(self, texts: Sequence[str], vectors: Vectors) -> list[Score]:
        """The same, with vectors that are there already."""
        if not texts:
            return []
        logits, known, foreign = self._logits(texts, vectors)
        chances = sigmoid(logits)
        scores = reject_logit(logits, self.branches)
        middle = np.where(foreign, self.alone.intervals.at(scores)[1], self.both.intervals.at(scores)[1])
        undecided = (known < self.first.known_floor) | (not self.is_calibrated)
        low = np.where(undecided, 0.0, self.both.intervals.at(scores)[0])
        high = np.where(undecided, 1.0, self.both.intervals.at(scores)[2])
        numbers = zip(middle.tolist(), low.tolist(), high.tolist(), chances.tolist(), known.tolist(), strict=True)
        return [Score(p, lo, hi, dict(zip(ATTRIBUTES, row, strict=True)), share) for p, lo, hi, row, share in numbers]

    def band_of(self, score: Score) -> str:
        return band(score.low, score.high, score.attributes["spam"], self.operating_point)

    def explain(self, text: str) -> list[Span]:
        return self.first.explain(text)

    def basis(self, texts: Sequence[str]) -> Basis:
        """What a site's own head stands on."""
        return self.basis_of(texts, self.vectors(texts))

    def first_basis(self, texts: Sequence[str]) -> Basis:
        return FirstBasis(self.first).basis(texts)

    def basis_of(self, texts: Sequence[str], vectors: Vectors) -> Basis:
        logits, _, _ = self._logits(texts, vectors)
        around = (vectors - self.middle).astype(np.float64) / float(np.linalg.norm(self.spread))
        return Basis(reject_logit(logits, self.branches), logits, hashed_words(self.first, texts), around)

    def _logits(self, texts: Sequence[str], vectors: Vectors) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """(n, 7) calibrated logits; (n,) share of words that the first look knows; (n,) whether a text stays strange to
        it with disguised and joined words repaired: of the others its opinion counts."""
        texts = [said_twice(text) for text in texts]
        raw, known = self.first.logits(texts)
        first, seen = raw * self.first.slope + self.first.shift, self.seen(vectors)
        foreign = known < self.first.known_floor
        rows = np.flatnonzero(foreign)
        if len(rows):
            again = self.first.logits([readable(texts[row]) for row in rows.tolist()])[1]
            foreign[rows] = again < self.first.known_floor
        logits = self._blended(first, seen, foreign)
        if self.in_stretches:
            stretch = loudest(self.first, texts)
            if stretch.texts:
                rows, again = stretch.rows, self.seen(self.vectors(stretch.texts))
                logits = lifted(logits, stretch, self._blended(first[rows], again, foreign[rows]))
        return logits, known, foreign

    def _blended(self, first: Floats, seen: Floats, foreign: NDArray[np.bool_]) -> Floats:
        return np.where(foreign[:, None], self.alone.logits(first, seen), self.both.logits(first, seen))


@dataclass(frozen=True)
class FirstBasis:
    """The first look alone under a site's head: where no encoder is."""

    first: Classifier

    @property
    def version(self) -> str:
        return self.first.version

    def basis(self, texts: Sequence[str]) -> Basis:
        logits, _ = self.first.logits(texts)
        calibrated = logits * self.first.slope + self.first.shift
        return Basis(reject_logit(logits, self.first.branches), calibrated, hashed_words(self.first, texts))

    def first_basis(self, texts: Sequence[str]) -> Basis:
        return self.basis(texts)


def hashed_words(first: Classifier, texts: Sequence[str]) -> sparse.csr_matrix:
    """(n, BUCKETS) the n-grams of each text, weighed by the first look's idf; characters and words half each."""
    view = plain_view(*raw_codes(texts), len(texts))
    doc, bucket, values = counted(grams_of(view), len(texts))
    values = scaled(doc, bucket, values * first.table.column(bucket, 0), len(texts)) * np.float32(np.sqrt(0.5))
    starts = np.searchsorted(doc, np.arange(len(texts) + 1))
    return sparse.csr_matrix((values, bucket, starts), shape=(len(texts), BUCKETS))


def _blend(arrays: Mapping[str, NDArray[Any]], name: str) -> Blend:
    of_first, of_vectors, shift = arrays[f"{name}_weights"]
    return Blend(of_first, of_vectors, shift, Intervals(*arrays[f"{name}_intervals"]))
