"""Why a text got its score: what each n-gram adds to the reject logit, laid onto the original characters.

The model is linear, so the shares are exact: over all characters, with the constant, they add up to the logit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.attributes import ATTRIBUTES
from models.features import CHAR_BUCKETS, Grams, grams_of
from models.surface import surface_features
from models.text import SPACE, View, looks_disguised, plain_view, raw_codes, unmasked_view

if TYPE_CHECKING:
    from models.classifier import Classifier

LEAST_WEIGHT = 0.15
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """start, end: code points of the original text. weight: its share in the reject logit, most by attribute."""

    start: int
    end: int
    weight: float
    attribute: str


@dataclass(frozen=True)
class Reading:
    """One view of a text: its n-grams, what an occurrence of each is worth (m,), what it adds to each logit per
    worth (m, 7), and the logits (7,) that come of it."""

    view: View
    grams: Grams
    worth: Floats
    weights: NDArray[np.float32]
    logits: Floats

    def shares(self, combination: Floats) -> Floats:
        """What each character of the view adds to a combination (7,) of the logits. Adds up, with the constants."""
        # An occurrence is spread evenly over its characters: add at its start, take away behind its end, sum along.
        each = (self.weights @ combination) * self.worth / self.grams.length
        start, end, size = self.grams.start, self.grams.start + self.grams.length, len(self.view.codes) + 1
        change = np.bincount(start, weights=each, minlength=size) - np.bincount(end, weights=each, minlength=size)
        return np.cumsum(change)[:-1]


@dataclass(frozen=True)
class Reason:
    """The branch of the reject logit that won, and the part of it that each reading gave."""

    readings: list[Reading]
    combinations: list[Floats]
    attribute: str
    constant: float


def reason(model: Classifier, text: str) -> Reason:
    codes, origin, doc = raw_codes([text])
    constants = (surface_features(codes, doc, 1) @ model.surface)[0] + model.intercept
    readings = [_read(model, plain_view(codes, origin, doc, 1), constants)]
    if looks_disguised(codes, doc, 1)[0]:
        readings.append(_read(model, unmasked_view(codes, origin, doc, 1), constants))
    logits = np.stack([reading.logits for reading in readings])
    branch = model.branches[np.argmax(model.branches[:, :-1] @ logits.max(axis=0) + model.branches[:, -1])]
    winner = logits.argmax(axis=0)
    combinations = [np.where(winner == index, branch[:-1], 0.0) for index in range(len(readings))]
    attribute = ATTRIBUTES[int(np.abs(branch[:-1]).argmax())]
    return Reason(readings, combinations, attribute, float(branch[:-1] @ constants + branch[-1]))


def _read(model: Classifier, view: View, constants: Floats) -> Reading:
    grams = grams_of(view)
    rows = model.table[grams.bucket]
    worth = _occurrence_values(grams, rows[:, 0])
    return Reading(view, grams, worth, rows[:, 1:], worth @ rows[:, 1:] + constants)


def _occurrence_values(grams: Grams, idf: NDArray[np.float32]) -> NDArray[np.float64]:
    """The value of an n-gram in the unit-length vector, shared by its occurrences."""
    _, which, times = np.unique(grams.bucket, return_inverse=True, return_counts=True)
    count = times[which]
    value = (np.log(count) + 1) * idf
    words = grams.bucket >= CHAR_BUCKETS
    squares = np.bincount(words, weights=value * value / count, minlength=2)
    return value / count / np.sqrt(np.maximum(squares, 1e-12))[words.astype(int)]


def spans(model: Classifier, text: str, limit: int) -> list[Span]:
    """The words that add most to the reject logit, at least LEAST_WEIGHT each, in the order of the text."""
    why = reason(model, text)
    found: dict[tuple[int, int], float] = {}
    for reading, combination in zip(why.readings, why.combinations, strict=True):
        if not combination.any():
            continue
        shares, origin = reading.shares(combination), reading.view.origin
        for start, end in _word_bounds(reading.view):
            place = (int(origin[start]), int(origin[end - 1]) + 1)
            found[place] = found.get(place, 0.0) + float(shares[start:end].sum())
    heavy = sorted(((weight, place) for place, weight in found.items() if weight >= LEAST_WEIGHT), reverse=True)
    return sorted((Span(*place, weight, why.attribute) for weight, place in heavy[:limit]), key=lambda span: span.start)


def _word_bounds(view: View) -> list[tuple[int, int]]:
    space = view.codes == SPACE
    cuts = np.flatnonzero(space[1:] != space[:-1]) + 1
    return list(zip(cuts[0::2].tolist(), cuts[1::2].tolist(), strict=True))
