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
from models.groups import veiled
from models.surface import surface_features
from models.text import SPACE, View, plain_view, raw_codes
from models.views import second_views
from models.windows import PENALTY, stretches
from models.words import words_of

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
    worth (m, 7), what is added whatever the words (7,), and the logits (7,) that come of it all."""

    view: View
    grams: Grams
    worth: Floats
    weights: NDArray[np.float32]
    constants: Floats
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
    plain, surface = plain_view(codes, origin, doc, 1), surface_features(codes, doc, 1)
    constants = (surface @ model.surface)[0] + model.intercept
    readings = [_read(model, plain, constants)]
    readings += [
        _read(model, view, constants) for _, view, _ in second_views([text], codes, doc, plain, words_of(plain))
    ]
    readings += [_read(model, view, constants - PENALTY) for view in _loudest_stretches(model, plain, surface)]
    logits = np.stack([reading.logits for reading in readings])
    branch = model.branches[np.argmax(model.branches[:, :-1] @ logits.max(axis=0) + model.branches[:, -1])]
    winner = logits.argmax(axis=0)
    combinations = [np.where(winner == index, branch[:-1], 0.0) for index in range(len(readings))]
    spoken = sum(float(used @ reading.constants) for used, reading in zip(combinations, readings, strict=True))
    return Reason(readings, combinations, ATTRIBUTES[int(np.abs(branch[:-1]).argmax())], spoken + float(branch[-1]))


def _loudest_stretches(model: Classifier, plain: View, surface: NDArray[np.float32]) -> list[View]:
    """Of a long text, the stretches that are the loudest in some attribute."""
    if (found := stretches(plain, words_of(plain))) is None:
        return []
    parts, parent = found
    loudest = np.unique(model.view_logits(parts, surface[parent])[0].argmax(axis=0))
    return [parts.only(int(index)) for index in loudest]


def _read(model: Classifier, view: View, constants: Floats) -> Reading:
    view, words = veiled(view)
    grams = grams_of(view, words)
    rows = model.table[grams.bucket]
    worth = _occurrence_values(grams, rows[:, 0])
    return Reading(view, grams, worth, rows[:, 1:], constants, worth @ rows[:, 1:] + constants)


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
