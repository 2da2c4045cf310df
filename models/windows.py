"""Stretches of long texts, each read by itself: abuse must not vanish in harmless words around it.

The vectors of a text have unit length, so each n-gram of a long text weighs less. Stretches of a fixed number of
words do not know how much surrounds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.words import Words

LONG = 30  # words from which a text is also read in stretches
STRETCH = 20
# A stretch must speak this much louder than the whole: the loudest of many is loud by chance.
PENALTY = 2.0

Ints = NDArray[np.int32]
_NONE = np.int32(-1)


@dataclass(frozen=True)
class Stretches:
    """parent (k,) the text of each; stretch (m,) which one each place of the view lies in, -1 for none."""

    parent: NDArray[np.intp]
    stretch: Ints


def stretches(words: Words, size: int, count: int) -> Stretches | None:
    """The stretches of the long ones among the first `count` texts of a view of `size` places; None without any."""
    if len(words.start) <= LONG:
        return None
    sizes = np.bincount(words.doc, minlength=count)[:count]
    long = np.flatnonzero(sizes > LONG)
    if not len(long):
        return None
    first, sizes = (np.cumsum(sizes) - sizes)[long], sizes[long]
    pieces = -(-sizes // STRETCH)
    which = np.repeat(np.arange(len(long)), pieces)
    number = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    # Equal parts, so that no stretch is a word or two.
    begin = words.start[first[which] + number * sizes[which] // pieces[which]] - 1
    behind = words.end[first + sizes - 1] + 1
    # Each stretch reaches to the next, the last of a text to the blank behind it.
    at = np.concatenate((behind, begin))
    names = np.concatenate((np.full(len(long), _NONE), np.arange(len(which), dtype=np.int32)))
    order = np.argsort(at, kind="stable")
    at = at[order]
    lengths = np.append(at[1:], size) - at
    return Stretches(long[which], np.concatenate((np.full(at[0], _NONE), np.repeat(names[order], lengths))))
