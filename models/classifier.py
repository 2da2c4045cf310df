"""Score comments: seven attributes, a calibrated p_reject with its interval, and the words that speak for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.artefact import Artefact, ModelDamaged
from models.attributes import ATTRIBUTES
from models.calibration import Intervals, reject_logit, sigmoid
from models.explain import Span, spans
from models.knowledge import known_words
from models.operating_point import OperatingPoint, band
from models.packing import Packed
from models.reading import MOST_CHARACTERS, MOST_TEXTS, Reading, read
from models.text import MAX_CODE_POINTS

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
    """table (BUCKETS, 8), packed: idf and seven weights a bucket; surface (8, 7); intercept, slope, shift (7,);
    branches (2, 8): weights of the seven logits and a constant, for toxic and for spam; the larger one rejects."""

    version: str
    operating_point: OperatingPoint
    manifest: Mapping[str, Any]
    table: Packed
    surface: NDArray[np.float32]
    intercept: Floats
    slope: Floats
    shift: Floats
    branches: Floats
    intervals: Intervals
    known: NDArray[np.bool_]
    known_floor: float

    @classmethod
    def from_artefact(cls, artefact: Artefact) -> Self:
        arrays, manifest = artefact.arrays, artefact.manifest
        try:
            found = cls(
                version=str(manifest["version"]),
                operating_point=OperatingPoint(**manifest["operating_point"]),
                manifest=manifest,
                table=Packed.of(arrays["table"], arrays["table_scale"]),
                surface=arrays["surface"].astype(np.float32),
                intercept=arrays["intercept"],
                slope=arrays["slope"],
                shift=arrays["shift"],
                branches=arrays["branches"],
                intervals=Intervals(*arrays["intervals"]),
                known=known_words(arrays["known"]),
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
            table=Packed.of(arrays["table"], arrays["table_scale"]),
            surface=arrays["surface"].astype(np.float32),
            intercept=arrays["intercept"],
            slope=np.ones(count),
            shift=np.zeros(count),
            branches=np.zeros((2, count + 1)),
            intervals=Intervals(nothing, nothing, nothing, nothing),
            known=known_words(arrays["known"]),
            known_floor=0.0,
        )

    def check_smoke(self, smoke: Mapping[str, float]) -> None:
        """The scores that training wrote down must come out again, or this code reads the arrays differently."""
        for score, (text, expected) in zip(self.score(list(smoke)), smoke.items(), strict=True):
            if not abs(score.p_reject - expected) <= SMOKE_TOLERANCE:
                raise ValueError(f"{text!r} scores {score.p_reject:.4f}, its manifest says {expected:.4f}")

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One score a text, in order. Any string is scored; only the first MAX_CODE_POINTS characters count."""
        return [score for part in _parts(texts) for score in self._scores(read(self, part))]

    def look(self, texts: Sequence[str], limit: int = 8) -> list[tuple[Score, list[Span]]]:
        """The same, each with the words that speak most for rejecting it, from one reading."""
        found: list[tuple[Score, list[Span]]] = []
        for part in _parts(texts):
            reading = read(self, part, in_order=True)
            found += zip(self._scores(reading), spans(reading, self.table, self.branches, limit), strict=True)
        return found

    def _scores(self, reading: Reading) -> list[Score]:
        logits, known = reading.logits, reading.known
        chances = sigmoid(logits * self.slope + self.shift)
        low, middle, high = self.intervals.at(reject_logit(logits, self.branches))
        # A text in words the model has not met is no evidence either way: nothing can be decided from it.
        strange = known < self.known_floor
        if strange.any():
            low, high = np.where(strange, 0.0, low), np.where(strange, 1.0, high)
        numbers = zip(middle.tolist(), low.tolist(), high.tolist(), chances.tolist(), known.tolist(), strict=True)
        return [Score(p, lo, hi, dict(zip(ATTRIBUTES, row, strict=True)), share) for p, lo, hi, row, share in numbers]

    def band_of(self, score: Score) -> str:
        return band(score.low, score.high, score.attributes["spam"], self.operating_point)

    def explain(self, text: str, limit: int = 8) -> list[Span]:
        """The words of the original text that speak most for rejecting it, in the order of the text."""
        return self.look([text], limit)[0][1]

    def logits(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """(n, 7) logits, each the largest of what the views of a text give, and (n,) the share of known words."""
        if not texts:
            return np.zeros((0, len(ATTRIBUTES))), np.zeros(0)
        readings = [read(self, part) for part in _parts(texts)]
        return np.concatenate([one.logits for one in readings]), np.concatenate([one.known for one in readings])


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as are read together."""
    begin, characters = 0, 0
    for at, text in enumerate(texts):
        characters += min(len(text), MAX_CODE_POINTS)
        if at > begin and (characters > MOST_CHARACTERS or at - begin == MOST_TEXTS):
            yield texts[begin:at]
            begin, characters = at, min(len(text), MAX_CODE_POINTS)
    if begin < len(texts):
        yield texts[begin:]
