"""Stretches of long texts, each read by itself: abuse must not vanish in harmless words around it.

The vectors of a text have unit length, so each n-gram of a long text weighs less. Stretches of a fixed number of
words do not know how much surrounds them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.text import View
from models.words import Words

LONG = 30  # words from which a text is also read in stretches
STRETCH = 20
# A stretch must speak this much louder than the whole: the loudest of many is loud by chance.
PENALTY = 2.0

Ints = NDArray[np.int64]


def stretches(view: View, words: Words) -> tuple[View, Ints] | None:
    """The stretches of all long texts as texts of a view of their own, and the text each is of; None without any."""
    count = len(view.bounds) - 1
    sizes = np.bincount(words.doc, minlength=count)
    if sizes.max(initial=0) <= LONG:
        return None
    first = np.cumsum(sizes) - sizes
    pieces = np.where(sizes > LONG, -(-sizes // STRETCH), 0)
    parent = np.repeat(np.arange(count), pieces)
    number = np.arange(len(parent)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    # Equal parts, so that no stretch is a word or two.
    begin = first[parent] + number * sizes[parent] // pieces[parent]
    end = first[parent] + (number + 1) * sizes[parent] // pieces[parent] - 1
    left, right = words.start[begin].astype(np.int64) - 1, words.end[end].astype(np.int64) + 1
    lengths = right - left
    bounds = np.append(0, np.cumsum(lengths))
    at = np.arange(bounds[-1]) - np.repeat(bounds[:-1], lengths) + np.repeat(left, lengths)
    doc = np.repeat(np.arange(len(parent), dtype=np.int32), lengths)
    return View(view.codes[at], view.origin[at], doc, bounds), parent
