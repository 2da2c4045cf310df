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
    return (words.hashed >> _SHIFT).astype(np.int64)


def known_set(times_seen: NDArray[np.int64], at_least: int) -> Bits:
    """(2**BITS / 8,) one bit a word slot, set where words of that slot were seen in enough training texts."""
    return np.packbits(times_seen >= at_least)


def known_share(words: Words, known: Bits, count: int) -> NDArray[np.float64]:
    """(count,) known words / words, of the words of two characters and more; 1 for a text without words."""
    long = (words.end - words.start) >= SHORTEST_WORD
    slot, doc = word_bits(words)[long], words.doc[long]
    hit = (known[slot >> 3] >> (7 - (slot & 7)).astype(np.uint8)) & 1
    if count == 1:
        return np.array([hit.sum() / len(hit) if len(hit) else 1.0])
    total = np.bincount(doc, minlength=count)
    found = np.bincount(doc, weights=hit, minlength=count)
    return np.where(total > 0, found / np.maximum(total, 1), 1.0)
