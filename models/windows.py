"""Stretches of long texts, each read by itself: abuse must not vanish in harmless words around it.

The vectors of a text have unit length, so each n-gram of a long text weighs less. Stretches of a fixed number of
words do not know how much surrounds them. They are short, so that a few words of padding in one hide little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.attributes import ATTRIBUTES, SPAM, TOXICITY
from models.words import Words

LONG = 24  # words from which a text is also read in stretches
STRETCH = 7
# A stretch must speak louder than the whole by this much times ln(number of stretches): the loudest of many is loud
# by chance. Spam is told by the whole text.
QUIETER = np.array([2.0 if index == SPAM else 1.2 for index in range(len(ATTRIBUTES))])
# Clear abuse is heard in full, up to a loudness that sends the text to a person: padding then saves nobody, and a
# harmless text with one harsh stretch is not rejected for it.
STEEPNESS, STEEPER_QUIETER, MOST = 1.5, 1.8, 7.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
_NONE = np.int32(-1)


def heard(logits: Floats, pieces: NDArray[np.intp]) -> Floats:
    """What stretches count for beside the whole of their texts: (k, 7) of their logits (k, 7); pieces (k,): the number
    of stretches in the text of each. Never falls as a logit rises."""
    by_chance = np.log(pieces)[:, None]
    found = logits - QUIETER * by_chance
    steep = np.minimum(STEEPNESS * logits[:, TOXICITY] - STEEPER_QUIETER * by_chance[:, 0], MOST)
    found[:, TOXICITY] = np.maximum(found[:, TOXICITY], steep)
    return np.asarray(found)


@dataclass(frozen=True)
class Stretches:
    """parent (k,) the view of each; pieces (k,) how many that has; stretch (m,) which one each place lies in, -1 for
    none."""

    parent: NDArray[np.intp]
    pieces: NDArray[np.intp]
    stretch: Ints


def stretches(words: Words, size: int, wanted: NDArray[np.bool_]) -> Stretches | None:
    """The stretches of the long ones among the wanted views (n,), of `size` places in all; None without any."""
    if len(words.start) <= LONG:
        return None
    sizes = np.bincount(words.doc, minlength=len(wanted))
    long = np.flatnonzero((sizes > LONG) & wanted)
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
    parts = np.concatenate((np.full(at[0], _NONE), np.repeat(names[order], lengths)))
    return Stretches(long[which], pieces[which], parts)
