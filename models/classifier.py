"""Score comments: seven attributes, a calibrated p_reject with its interval, and the words that speak for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.artefact import Artefact, ModelDamaged
from models.attributes import ATTRIBUTES
from models.calibration import Intervals, reject_logit, sigmoid
from models.explain import Span, spans
from models.features import counted, grams_of, scaled
from models.groups import veiled
from models.knowledge import known_share
from models.operating_point import OperatingPoint, band
from models.packing import unpack
from models.surface import surface_features
from models.text import View, plain_view, raw_codes
from models.views import second_views
from models.windows import LONG, PENALTY, stretches
from models.words import Words, words_of

Floats = NDArray[np.float64]
SMOKE_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Score:
    """p_reject with low <= p_reject <= high; the chance of each attribute; the share of known words."""

    p_reject: float
    low: float
    high: float
    attributes: dict[str, float]
    known_words: float


@dataclass(frozen=True)
class Classifier:
    """table (BUCKETS, 8): idf and seven weights a bucket; surface (8, 7); intercept, slope, shift (7,);
    branches (2, 8): weights of the seven logits and a constant, for toxic and for spam; the larger one rejects."""

    version: str
    operating_point: OperatingPoint
    manifest: Mapping[str, Any]
    table: NDArray[np.float32]
    surface: NDArray[np.float32]
    intercept: Floats
    slope: Floats
    shift: Floats
    branches: Floats
    intervals: Intervals
    known: NDArray[np.uint8]
    known_floor: float

    @classmethod
    def from_artefact(cls, artefact: Artefact) -> Self:
        arrays, manifest = artefact.arrays, artefact.manifest
        try:
            found = cls(
                version=str(manifest["version"]),
                operating_point=OperatingPoint(**manifest["operating_point"]),
                manifest=manifest,
                table=unpack(arrays["table"], arrays["table_scale"]),
                surface=arrays["surface"].astype(np.float32),
                intercept=arrays["intercept"],
                slope=arrays["slope"],
                shift=arrays["shift"],
                branches=arrays["branches"],
                intervals=Intervals(*arrays["intervals"]),
                known=arrays["known"],
                known_floor=float(manifest["known_floor"]),
            )
            found.check_smoke(manifest["smoke"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelDamaged(f"the model does not fit this code: {error!r}") from error
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The linear part alone, which gives logits and nothing calibrated: for training to score held-out rows."""
        count, nothing = len(ATTRIBUTES), np.zeros(1)
        return cls(
            version="uncalibrated",
            operating_point=OperatingPoint(0.0, 1.0 + 1e-9, 0.5),
            manifest={},
            table=unpack(arrays["table"], arrays["table_scale"]),
            surface=arrays["surface"].astype(np.float32),
            intercept=arrays["intercept"],
            slope=np.ones(count),
            shift=np.zeros(count),
            branches=np.zeros((2, count + 1)),
            intervals=Intervals(nothing, nothing, nothing, nothing),
            known=arrays["known"],
            known_floor=0.0,
        )

    def check_smoke(self, smoke: Mapping[str, float]) -> None:
        """The scores that training wrote down must come out again, or this code reads the arrays differently."""
        for score, (text, expected) in zip(self.score(list(smoke)), smoke.items(), strict=True):
            if not abs(score.p_reject - expected) <= SMOKE_TOLERANCE:
                raise ValueError(f"{text!r} scores {score.p_reject:.4f}, its manifest says {expected:.4f}")

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One score a text, in order. Any string is scored; only the first MAX_CODE_POINTS characters count."""
        if not texts:
            return []
        logits, known = self.logits(texts)
        chances = sigmoid(logits * self.slope + self.shift)
        low, middle, high = self.intervals.at(reject_logit(logits, self.branches))
        # A text in words the model has not met is no evidence either way: nothing can be decided from it.
        strange = known < self.known_floor
        low, high = np.where(strange, 0.0, low), np.where(strange, 1.0, high)
        numbers = zip(middle.tolist(), low.tolist(), high.tolist(), chances.tolist(), known.tolist(), strict=True)
        return [Score(p, lo, hi, dict(zip(ATTRIBUTES, row, strict=True)), share) for p, lo, hi, row, share in numbers]

    def band_of(self, score: Score) -> str:
        return band(score.low, score.high, score.attributes["spam"], self.operating_point)

    def explain(self, text: str, limit: int = 8) -> list[Span]:
        """The words of the original text that speak most for rejecting it, in the order of the text."""
        return spans(self, text, limit)

    def logits(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """(n, 7) logits, each the largest of what the views of a text give, and (n,) the share of known words."""
        codes, origin, doc = raw_codes(texts)
        count = len(texts)
        view = plain_view(codes, origin, doc, count)
        words, surface = words_of(view), surface_features(codes, doc, count)
        logits, known = self.view_logits(view, surface, words)
        if len(words.start) > LONG:
            self._listen_to_stretches(logits, view, words, surface)
        for index, second, own_words in second_views(texts, codes, doc, view, words):
            other, known_other = self.view_logits(second, surface[index])
            logits[index] = np.maximum(logits[index], other)
            known[index] = np.where(own_words, np.maximum(known[index], known_other), known[index])
        return logits, known

    def view_logits(
        self, view: View, surface: NDArray[np.float32], words: Words | None = None
    ) -> tuple[Floats, Floats]:
        count = len(view.bounds) - 1
        view, words = veiled(view, words)
        doc, bucket, values = counted(grams_of(view, words), count)
        rows = self.table[bucket]
        values = scaled(doc, bucket, values * rows[:, 0], count)
        logits = _sum_by_text(rows[:, 1:], values, doc, count) + surface @ self.surface + self.intercept
        return logits, known_share(words, self.known, count)

    def _listen_to_stretches(self, logits: Floats, view: View, words: Words, surface: NDArray[np.float32]) -> None:
        if (found := stretches(view, words)) is None:
            return
        parts, parent = found
        louder, _ = self.view_logits(parts, surface[parent])
        np.maximum.at(logits, parent, louder - PENALTY)


def _sum_by_text(rows: NDArray[np.float32], values: NDArray[np.float32], doc: NDArray[np.int32], count: int) -> Floats:
    if count == 1:
        return (values @ rows)[None, :].astype(np.float64)
    sums = np.zeros((count, rows.shape[1]))
    if len(doc):
        present = np.flatnonzero(np.append(True, doc[1:] != doc[:-1]))
        sums[doc[present]] = np.add.reduceat(rows * values[:, None], present, axis=0)
    return sums
