"""The loudest stretch of a long text, for the encoders to read by itself.

Their vector is a mean over a text: abuse in it sinks as harmless words are put around it. Which stretch is loudest the
first look says. What it says counts where it is clearly abusive, and up to a loudness that leads a text to a person:
one harsh sentence in a long text rejects nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.attributes import TOXICITY
from models.classifier import Classifier
from models.english import SENTENCE
from models.readable import LONGEST, readable
from models.text import MAX_CODE_POINTS

Floats = NDArray[np.float64]

WORDS, STEP = 30, 10
# Cutting random letters, which nobody writes, takes 30 ms for 1,000.
MOST_JOINED = 2 * LONGEST
# Stretches that the first look finds quieter than this (calibrated logit of toxicity) are not read again.
QUIET = -1.0
# So steep that what is under even odds goes under; the loudest of many is loud by chance; about seven in ten at most,
# which no threshold rejects.
STEEPNESS, LOUDER, QUIETER, MOST = 3.0, 0.3, 0.2, 0.8


@dataclass(frozen=True)
class Loudest:
    """rows (k,) which texts have one; texts: the k stretches; times (k,) how often they would fit into their texts."""

    rows: NDArray[np.intp]
    texts: list[str]
    times: Floats


def loudest(first: Classifier, texts: Sequence[str]) -> Loudest:
    """Of the texts of more than WORDS words, where it is loud enough to be read again."""
    rows: list[int] = []
    found: list[str] = []
    times: list[float] = []
    for row, text in enumerate(texts):
        words = _words(text[:MAX_CODE_POINTS])
        if len(words) <= WORDS:
            continue
        begin, loud = _loudest(first, words)
        if loud >= QUIET:
            rows.append(row)
            found.append(" ".join(words[begin : begin + WORDS]))
            times.append(len(words) / WORDS)
    return Loudest(np.array(rows, dtype=np.intp), found, np.array(times))


def _words(text: str) -> list[str]:
    """Of sentences without blanks in them, up to MOST_JOINED characters, those that they are read as."""
    found: list[str] = []
    left = MOST_JOINED
    for part in text.split():
        size = min(len(part), LONGEST)
        if SENTENCE < size <= left:
            found += readable(part).split()
            left -= size
        else:
            found.append(part)
    return found


def _loudest(first: Classifier, words: Sequence[str]) -> tuple[int, float]:
    last = len(words) - WORDS
    begins = [*range(0, last, STEP), last]
    logits = first.logits([" ".join(words[at : at + WORDS]) for at in begins])[0][:, TOXICITY]
    at = int(logits.argmax())
    return begins[at], float(logits[at] * first.slope[TOXICITY] + first.shift[TOXICITY])


def lifted(logits: Floats, stretch: Loudest, said: Floats) -> Floats:
    """logits (n, 7) of whole texts, raised to what is heard of their stretches; said (k, 7): the stretches' own."""
    heard = np.minimum(STEEPNESS * (said[:, TOXICITY] + LOUDER) - QUIETER * np.log(stretch.times), MOST)
    found = logits.copy()
    found[stretch.rows, TOXICITY] = np.maximum(found[stretch.rows, TOXICITY], heard)
    return found
