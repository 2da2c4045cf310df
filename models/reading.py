"""Read texts: every view of each, in one pass over all of them.

A row is what is read by itself and gets logits of its own: the plain view of each text, then the views with their
disguise undone, then the stretches of long texts. Of each attribute the loudest row of a text counts. The n-grams of
all rows are counted and looked up together, so that a few rows cost little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.features import CHAR_BUCKETS
from models.groups import veiled
from models.knowledge import known_share
from models.ngrams import NGrams
from models.packing import Packed
from models.surface import surface_features
from models.text import View, joined, plain_view, raw_codes
from models.views import Second, second_views
from models.windows import Stretches, heard, stretches
from models.words import Words, joined_words, words_of

BUCKET_BITS = 20
# Of so many texts or characters at a time: then all rows fit above BUCKET_BITS in 32 bits, and the arrays in the cache.
MOST_TEXTS, MOST_CHARACTERS = 256, 16_000
NOWHERE = np.uint32(0xFFFFFFFF)
_BUCKET = np.uint32((1 << BUCKET_BITS) - 1)
_ROW = np.uint32(BUCKET_BITS)

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Keys = NDArray[np.uint32]
Places = NDArray[np.intp]


class Weights(Protocol):
    """table: idf and seven weights a bucket; surface (8, 7); intercept (7,); known: which words are."""

    @property
    def table(self) -> Packed: ...

    @property
    def surface(self) -> Singles: ...

    @property
    def intercept(self) -> Floats: ...

    @property
    def known(self) -> NDArray[np.bool_]: ...


@dataclass(frozen=True)
class Rows:
    """What is read: ngrams of the views; text (r,) of which text each row is; cut: the stretches, if any."""

    ngrams: NGrams
    text: Places
    cut: Stretches | None

    @property
    def views(self) -> int:
        return len(self.ngrams.view.bounds) - 1


@dataclass(frozen=True)
class Looked:
    """The distinct n-grams of all rows, row by row: weights (m, 8) unscaled; value (m,) in the row's vector, of which
    the characters and the words have unit length each; times (m,) it occurs; bounds (r + 1,) where each row begins."""

    weights: Singles
    value: Singles
    times: Places
    bounds: list[int]


@dataclass(frozen=True)
class Reading:
    """logits (n, 7), each the largest of a text's rows, and (n,) the share of known words; then what they are made of:
    the logits of the rows (r, 7) and what is in them whatever the words."""

    logits: Floats
    known: Floats
    rows: Rows
    row_logits: Floats
    constants: Floats
    looked: Looked
    order: Places | None
    in_stretches: Places


def read(model: Weights, texts: Sequence[str], *, in_order: bool = False) -> Reading:
    """Of at most MOST_TEXTS texts; in_order: keep in which order the n-grams were looked up, to say why."""
    count = len(texts)
    codes, origin, doc = raw_codes(texts)
    view = plain_view(codes, origin, doc, count)
    words = words_of(view)
    second = second_views(codes, origin, doc, view, words)
    rows = _rows(view, words, second)
    key, in_stretches = _keys(rows)
    order = key.argsort() if in_order else None
    looked = _look_up(model.table, np.sort(key) if order is None else key.take(order), len(rows.text))
    # Not by a matrix product: how that adds up may depend on how many rows there are.
    by_shape = (surface_features(codes, doc, count)[:, :, None] * model.surface).sum(axis=1)
    constants = (by_shape + model.intercept).take(rows.text, axis=0)
    found = _sums(looked) * model.table.unit[1:] + constants
    if rows.cut is not None:
        # What is added or taken for being a stretch is nobody's: the words keep the shares that the weights give them.
        as_heard = heard(found[rows.views :], rows.cut.pieces)
        constants[rows.views :] += as_heard - found[rows.views :]
        found[rows.views :] = as_heard
    known = known_share(rows.ngrams.words, model.known, rows.views)
    return Reading(
        _loudest(found, rows.text, count), _best_known(known, second, count),
        rows, found, constants, looked, order, in_stretches,
    )  # fmt: skip


def _rows(view: View, words: Words, second: Second | None) -> Rows:
    count = len(view.bounds) - 1
    text = np.arange(count)
    if second is not None:
        words = joined_words(words, second.words, len(view.codes), count)
        view, text = joined(view, second.view), np.concatenate((text, second.text))
    ngrams = NGrams(*veiled(view, words))
    # Of a text that looks disguised the stretches are of the view that undoes it.
    wanted = np.ones(len(text), dtype=bool)
    wanted[text[count:]] = False
    cut = stretches(ngrams.words, len(ngrams.view.codes), wanted)
    return Rows(ngrams, text if cut is None else np.concatenate((text, text[cut.parent])), cut)


def _keys(rows: Rows) -> tuple[Keys, Places]:
    """Of each n-gram its row and its bucket, NOWHERE for those between two texts; then the same of those that lie in
    a stretch, and which these are."""
    ngrams, cut = rows.ngrams, rows.cut
    bucket = ngrams.buckets()
    key = bucket
    if rows.views > 1:
        row = ngrams.first(ngrams.view.doc)
        key = (row.astype(np.uint32) << _ROW) | bucket
        key[row != ngrams.last(ngrams.view.doc)] = NOWHERE
    if cut is None:
        return key, np.zeros(0, dtype=np.intp)
    stretch = ngrams.first(cut.stretch)
    # A stretch begins with the blank that ends the one before: what ends with that blank lies in the former.
    inside = np.flatnonzero((stretch == ngrams.last(cut.stretch, short=1)) & (stretch >= 0) & (key != NOWHERE))
    row = (stretch.take(inside) + rows.views).astype(np.uint32)
    return np.concatenate((key, (row << _ROW) | bucket.take(inside))), inside


def _look_up(table: Packed, key: Keys, rows: int) -> Looked:
    """key rising."""
    if len(key) and key[-1] == NOWHERE:
        key = key[: np.searchsorted(key, NOWHERE)]
    first = np.ones(len(key), dtype=bool)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    at = np.flatnonzero(first)
    distinct = key.take(at)
    times = np.empty(len(at), dtype=np.intp)
    np.subtract(at[1:], at[:-1], out=times[:-1])
    times[-1:] = len(key) - at[-1:]
    weights = table.unscaled(distinct & _BUCKET)
    value = np.log(times.astype(np.float32))
    value += np.float32(1)
    value *= weights[:, 0]
    edges = np.searchsorted(distinct, _EDGES[: 2 * rows + 1])
    return Looked(weights, _unit_lengths(value, edges[1:] - edges[:-1]), times, edges[::2].tolist())


def _unit_lengths(value: Singles, sizes: Places) -> Singles:
    """value (m,) in blocks of sizes (k,), which get unit length each."""
    block = np.repeat(np.arange(len(sizes)), sizes)
    squares = np.bincount(block, weights=value * value, minlength=len(sizes))
    return value * (1 / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32).take(block)


def _sums(looked: Looked) -> Singles:
    # One product a row, and not one sum over all: a text then gets the same bits alone and among others.
    spans = zip(looked.bounds, looked.bounds[1:], strict=False)
    return np.array([looked.value[begin:end] @ looked.weights[begin:end] for begin, end in spans])[:, 1:]


def _loudest(row_logits: Floats, text: Places, count: int) -> Floats:
    found = row_logits[:count].copy()
    if len(text) > count:
        np.maximum.at(found, text[count:], row_logits[count:])
    return found


def _best_known(known: Floats, second: Second | None, count: int) -> Floats:
    """A word that was cut or repaired says nothing about the language of its text."""
    found = known[:count]
    if second is not None:
        own = second.text[second.untouched]
        found[own] = np.maximum(found[own], known[count:][second.untouched])
    return found


_EDGES = (np.arange(1 << (32 - BUCKET_BITS), dtype=np.uint32)[:, None] << _ROW).repeat(2, axis=1)
_EDGES[:, 1] |= CHAR_BUCKETS
_EDGES = _EDGES.ravel()
