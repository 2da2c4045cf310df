"""The words of a view: where they start and end, and a 64-bit hash of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.text import SPACE, Codes, View

LONGEST_WORD = 64
MIX = np.uint64(0xD6E8FEB86659FD93)
HALF = np.uint64(32)
_DRAWN = np.random.default_rng(20_181_117).integers(1, 2**63, LONGEST_WORD, dtype=np.uint64)
_PLACES = _DRAWN * np.uint64(2) + np.uint64(1)

Ints = NDArray[np.int32]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Words:
    """Where the words of a view start and end, which text each is in, and a 64-bit hash of each."""

    start: Ints
    end: Ints
    doc: Ints
    hashed: Hashes


def words_of(view: View) -> Words:
    start, end, hashed = _bounds_and_hashes(view.codes)
    return Words(start, end, view.doc[start], hashed)


def joined_words(one: Words, other: Words, places: int, texts: int) -> Words:
    """Of a view of so many places and texts, followed by another."""
    return Words(
        np.concatenate((one.start, other.start + np.int32(places))),
        np.concatenate((one.end, other.end + np.int32(places))),
        np.concatenate((one.doc, other.doc + np.int32(texts))),
        np.concatenate((one.hashed, other.hashed)),
    )


def hashes(words: Sequence[str]) -> Hashes:
    """(n,) what words_of gives for each of these folded words."""
    joined = " " + " ".join(words) + " "
    return _bounds_and_hashes(np.frombuffer(joined.encode("utf-32-le"), dtype="<u4").astype(np.uint32))[2]


def _bounds_and_hashes(codes: Codes) -> tuple[Ints, Ints, Hashes]:
    space = codes == SPACE
    edge = space[1:] != space[:-1]
    cuts = np.flatnonzero(edge).astype(np.int32) + 1
    start, end = cuts[0::2], cuts[1::2]
    if not len(start):
        empty = np.zeros(0, dtype=np.int32)
        return empty, empty, np.zeros(0, dtype=np.uint64)
    # The place of each character in its word: all that follows the start of a word, up to the next one, counts on.
    since = np.zeros(len(codes), dtype=np.int32)
    since[start] = start
    place = np.arange(len(codes), dtype=np.int32) - np.maximum.accumulate(since)
    letters = codes.astype(np.uint64) * _PLACES[place & (LONGEST_WORD - 1)]
    letters[space] = 0
    hashed = np.add.reduceat(letters, start)
    return start, end, (hashed ^ (hashed >> HALF)) * MIX
