"""Where the n-grams of a view lie: one long array of them all, order after order, then words, then pairs of words.

Each place of the view starts one n-gram of each order, those that reach into the next text included: which ones
belong together is for the reader to say. So every array over n-grams has the same layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.features import CHAR_BUCKETS, CHAR_SHIFT, ORDERS, PAIR, STEP, WORD_SHIFT
from models.text import View
from models.words import HALF, MIX, Words

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]


@dataclass(frozen=True)
class NGrams:
    view: View
    words: Words

    @cached_property
    def sizes(self) -> list[int]:
        """How many n-grams there are of each order."""
        return [max(0, len(self.view.codes) - order + 1) for order in ORDERS]

    def buckets(self) -> NDArray[np.uint32]:
        codes = self.view.codes.astype(np.uint64)
        characters = np.empty(sum(self.sizes), dtype=np.uint64)
        rolling, at = codes, 0
        for order, size in zip(ORDERS, self.sizes, strict=True):
            part = characters[at : at + size]
            np.multiply(rolling[:size], STEP, out=part)
            part += codes[order - 1 :]
            rolling, at = part, at + size
        characters = _mixed(characters, CHAR_SHIFT)
        hashed = self.words.hashed
        pairs = hashed[:-1] * PAIR
        pairs += hashed[1:]
        pairs *= MIX
        pairs >>= WORD_SHIFT
        alone = hashed >> WORD_SHIFT
        both = np.concatenate((alone, pairs))
        both += np.uint64(CHAR_BUCKETS)
        return np.concatenate((characters, both)).astype(np.uint32)

    def first(self, labels: Labels) -> Labels:
        """labels (m,) of the view's places -> that of the place where each n-gram starts."""
        start = labels[self.words.start]
        return np.concatenate([*(labels[:size] for size in self.sizes), start, start[:-1]])

    def last(self, labels: Labels, short: int = 0) -> Labels:
        """That of the place where each ends, or of the place `short` before that; of words: where the last starts."""
        start = labels[self.words.start]
        ends = (
            labels[order - 1 - short : order - 1 - short + size]
            for order, size in zip(ORDERS, self.sizes, strict=True)
        )
        return np.concatenate([*ends, start, start[1:]])

    def spread(self, worth: Floats) -> Floats:
        """worth (m,) of each n-gram -> spread evenly over its places, what each place of the view is worth."""
        # Add at the start of an n-gram, take away behind its end, and sum along.
        change, at = np.zeros(len(self.view.codes) + 1), 0
        for order, size in zip(ORDERS, self.sizes, strict=True):
            part = worth[at : at + size] / order
            change[:size] += part
            change[order : order + size] -= part
            at += size
        start, end = self.words.start, self.words.end
        starts, ends = np.concatenate((start, start[:-1])), np.concatenate((end, end[1:]))
        part = worth[at:] / (ends - starts)
        change += np.bincount(starts, weights=part, minlength=len(change))
        change -= np.bincount(ends, weights=part, minlength=len(change))
        return np.cumsum(change)[:-1]


def _mixed(hashed: NDArray[np.uint64], shift: np.uint64) -> NDArray[np.uint64]:
    hashed = hashed ^ (hashed >> HALF)
    hashed *= MIX
    hashed >>= shift
    return hashed
