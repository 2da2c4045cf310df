"""Why a text got its score: what each n-gram adds to the reject logit, laid onto the original characters.

The model is linear, so the shares are exact: over all characters, with the constants, they add up to the logit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from models.attributes import ATTRIBUTES
from models.packing import Packed
from models.reading import Reading

LEAST_WEIGHT = 0.15
Floats = NDArray[np.float64]
Places = NDArray[np.intp]
_NOTHING = np.zeros(1)


@dataclass(frozen=True)
class Span:
    """start, end: code points of the original text. weight: its share in the reject logit, most by attribute."""

    start: int
    end: int
    weight: float
    attribute: str


@dataclass(frozen=True)
class Reasons:
    """shares (p,): what each place of the views adds to the reject logit of its text; constants (n,): what is in it
    whatever the words; attribute (n,): the one that counts most."""

    shares: Floats
    constants: Floats
    attribute: Places


def reasons(reading: Reading, table: Packed, branches: Floats) -> Reasons:
    """branches (k, 8): the reject logit is the largest of these weighted sums of the seven logits and a constant."""
    won = branches[np.argmax(reading.logits @ branches[:, :-1].T + branches[:, -1], axis=1)]
    # An attribute counts for the one row that gave the text its logit.
    loudest, columns = _loudest_rows(reading), np.arange(len(ATTRIBUTES))
    told = np.zeros_like(reading.row_logits)
    told[loudest, columns] = won[:, :-1]
    constants = won[:, -1] + (reading.constants[loudest, columns] * won[:, :-1]).sum(axis=1)
    worth = _worth(reading, told * table.unit[1:])
    return Reasons(reading.rows.ngrams.spread(worth), constants, np.abs(won[:, :-1]).argmax(axis=1))


def _loudest_rows(reading: Reading) -> Places:
    """(n, 7) the first row that has its text's logit."""
    text = reading.rows.text
    if len(text) == len(reading.logits):
        return np.repeat(np.arange(len(text))[:, None], reading.logits.shape[1], axis=1)
    equal = reading.row_logits == reading.logits.take(text, axis=0)
    row, attribute = np.nonzero(equal[::-1])
    row = len(text) - 1 - row
    found = np.zeros(reading.logits.shape, dtype=np.intp)
    found[text[row], attribute] = row  # the first one is written last
    return found


def _worth(reading: Reading, told: Floats) -> Floats:
    """told (r, 7): what a weight of each row counts -> (m,) what each n-gram of the views adds, as part of all rows."""
    looked, order = reading.looked, reading.order
    assert order is not None
    each = np.zeros(len(looked.value))
    for row in np.flatnonzero(told.any(axis=1)).tolist():
        begin, end = looked.bounds[row], looked.bounds[row + 1]
        each[begin:end] = looked.weights[begin:end, 1:] @ told[row]
    each *= looked.value
    each /= looked.times
    found = np.zeros(len(order))
    found[order[: looked.times.sum()]] = np.repeat(each, looked.times)
    inside = reading.in_stretches
    whole = found[: len(order) - len(inside)]
    whole[inside] += found[len(whole) :]
    return whole


def spans(reading: Reading, table: Packed, branches: Floats, limit: int) -> list[list[Span]]:
    """For each text the words that add most to its reject logit, from LEAST_WEIGHT on, in the order of the text."""
    why = reasons(reading, table, branches)
    marked: list[list[Span]] = [[] for _ in reading.logits]
    for text, found in groupby(_heavy_words(reading, why.shares), lambda word: word[0]):
        # Rounded, as the same word twice must not swap places by the last bit.
        heaviest = sorted(((round(weight, 9), start, end) for _, weight, start, end in found), reverse=True)[:limit]
        name = ATTRIBUTES[why.attribute[text]]
        marked[text] = sorted((Span(start, end, weight, name) for weight, start, end in heaviest), key=_start)
    return marked


def _heavy_words(reading: Reading, shares: Floats) -> list[tuple[int, float, int, int]]:
    """(text, weight, start, end) by text. A word of which two views speak is one word."""
    view, words = reading.rows.ngrams.view, reading.rows.ngrams.words
    along = np.concatenate((_NOTHING, shares.cumsum()))
    weight = along.take(words.end) - along.take(words.start)
    text, start, end = reading.rows.text[words.doc], view.origin[words.start], view.origin[words.end - 1] + 1
    if reading.rows.views > len(reading.logits):
        # Where a word is told, as one number: texts are at most 10,000 characters long.
        place = (text << 32) | (start.astype(np.int64) << 16) | end
        order = place.argsort(kind="stable")
        place = place.take(order)
        first = np.flatnonzero(place[1:] != place[:-1]) + 1
        first = np.concatenate((np.zeros(min(1, len(place)), dtype=np.intp), first))
        weight, place = np.add.reduceat(weight.take(order), first), place.take(first)
        text, start, end = place >> 32, (place >> 16) & 0xFFFF, place & 0xFFFF
    heavy = np.flatnonzero(weight >= LEAST_WEIGHT)
    columns = (text[heavy].tolist(), weight[heavy].tolist(), start[heavy].tolist(), end[heavy].tolist())
    return list(zip(*columns, strict=True))


def _start(span: Span) -> int:
    return span.start
