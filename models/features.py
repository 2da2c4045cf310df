"""Hashed n-grams of a folded text, in numpy: the fast path for scoring. As a scikit-learn transformer: hashed_text.

Columns: CHAR_BUCKETS for character 2- to 5-grams, then WORD_BUCKETS for words and pairs of words, then the
surface features. Each of the two n-gram blocks is sublinear in its counts and has unit length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.surface import SURFACE
from models.text import View
from models.words import HALF, MIX, Ints, Words, words_of

CHAR_BITS, WORD_BITS = 19, 18
CHAR_BUCKETS, WORD_BUCKETS = 1 << CHAR_BITS, 1 << WORD_BITS
BUCKETS = CHAR_BUCKETS + WORD_BUCKETS
COLUMNS = BUCKETS + len(SURFACE)
ORDERS = (2, 3, 4, 5)
BATCH = 512

STEP = np.uint64(0x9E3779B97F4A7C15)
PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
CHAR_SHIFT, WORD_SHIFT = np.uint64(64 - CHAR_BITS), np.uint64(64 - WORD_BITS)

Buckets = NDArray[np.int32]


@dataclass(frozen=True)
class Grams:
    """Every n-gram occurrence of a view: bucket (m,), doc (m,), first position and length in the view (m,)."""

    bucket: Buckets
    doc: Ints
    start: Ints
    length: Ints


def char_grams(view: View) -> list[tuple[int, Buckets]]:
    """For each order n, the bucket of the n-gram that starts at each position; short by n - 1 at the end."""
    codes = view.codes.astype(np.uint64)
    rolling, found = codes, []
    for order in ORDERS:
        if len(codes) < order:
            break
        rolling = rolling[:-1] * STEP + codes[order - 1 :]
        mixed = (rolling ^ (rolling >> HALF)) * MIX
        found.append((order, (mixed >> CHAR_SHIFT).astype(np.int32)))
    return found


def word_buckets(words: Words) -> tuple[Buckets, Buckets, NDArray[np.bool_]]:
    """Buckets of the words, of the pairs of neighbours, and which pairs lie within one text."""
    single = (words.hashed >> WORD_SHIFT).astype(np.int32) + np.int32(CHAR_BUCKETS)
    both = (words.hashed[:-1] * PAIR + words.hashed[1:]) * MIX
    pair = (both >> WORD_SHIFT).astype(np.int32) + np.int32(CHAR_BUCKETS)
    return single, pair, words.doc[1:] == words.doc[:-1]


def grams_of(view: View, words: Words | None = None) -> Grams:
    """Of a view and its words; the classifier gives both as models.groups.veiled does."""
    words = words_of(view) if words is None else words
    alone = len(view.bounds) == 2
    buckets, starts, lengths = [], [], []
    for order, bucket in char_grams(view):
        start = np.arange(len(bucket), dtype=np.int32)
        if not alone:
            whole = view.doc[: len(bucket)] == view.doc[order - 1 :]
            bucket, start = bucket[whole], start[whole]
        buckets.append(bucket)
        starts.append(start)
        lengths.append(np.full(len(bucket), order, dtype=np.int32))
    single, pair, whole = word_buckets(words)
    buckets += [single, pair[whole]]
    starts += [words.start, words.start[:-1][whole]]
    lengths += [words.end - words.start, (words.end[1:] - words.start[:-1])[whole]]
    start = np.concatenate(starts)
    return Grams(np.concatenate(buckets), view.doc[start], start, np.concatenate(lengths))


def counted(grams: Grams, count: int) -> tuple[Ints, Buckets, NDArray[np.float32]]:
    """Distinct (text, bucket) in order, with 1 + ln(count) of each."""
    key = grams.bucket if count == 1 else (grams.doc.astype(np.int64) << 20) | grams.bucket
    key = np.sort(key)
    first = np.ones(len(key), dtype=bool)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    at = np.flatnonzero(first)
    times = np.diff(np.append(at, len(key))).astype(np.float32)
    values = np.log(times) + np.float32(1)
    distinct = key[at]
    if count == 1:
        return np.zeros(len(at), dtype=np.int32), distinct, values
    return (distinct >> 20).astype(np.int32), (distinct & ((1 << 20) - 1)).astype(np.int32), values


def scaled(doc: Ints, bucket: Buckets, values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """values (m,) weighed by idf: give the character block and the word block of each text unit length."""
    block = doc * 2 + (bucket >= CHAR_BUCKETS)
    squares = np.bincount(block, weights=values * values, minlength=2 * count)
    inverse = 1 / np.sqrt(np.maximum(squares, 1e-12))
    return (values * inverse[block]).astype(np.float32)
