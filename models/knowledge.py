"""How much of a text the model has met before: a set of hashed words, kept as bits.

A language the model never saw scores as if it were empty, which looks harmless. The share of known words
tells the two apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.words import Words

BITS = 20
SHORTEST_WORD = 2
_SHIFT = np.uint64(64 - BITS)
Bits = NDArray[np.uint8]


def word_bits(words: Words) -> NDArray[np.int64]:
    return (words.hashed >> _SHIFT).view(np.int64)


def known_set(times_seen: NDArray[np.int64], at_least: int) -> Bits:
    """(2**BITS / 8,) one bit a word slot, set where words of that slot were seen in enough training texts."""
    return np.packbits(times_seen >= at_least)


def known_words(known: Bits) -> NDArray[np.bool_]:
    """(2**BITS,) the same, one byte a word slot."""
    if known.dtype != np.uint8 or known.shape != (1 << BITS >> 3,):
        raise ValueError(f"known words of {known.dtype} {known.shape}")
    return np.unpackbits(known).view(bool)


def known_share(words: Words, known: NDArray[np.bool_], count: int) -> NDArray[np.float64]:
    """(count,) known words / words, of the words of two characters and more; 1 for a text without words. known
    as known_words gives it."""
    long = words.end - words.start >= SHORTEST_WORD
    hit = known.take(word_bits(words)) & long
    if count == 1:
        total = np.array([np.count_nonzero(long)])
        found = np.array([np.count_nonzero(hit)])
    else:
        total = np.bincount(words.doc[long], minlength=count)
        found = np.bincount(words.doc[hit], minlength=count)
    return np.where(total > 0, found / np.maximum(total, 1), 1.0)
