"""Even out what a model says of sentences that differ only in which side of a question they take.

A view is no offence, whichever it is; the sources, all from places with opinions of their own, leave small differences
between "for" and "against" in the weights. After fitting, the weights are moved by as little as evens out the pairs of
evenhanded.toml: the shortest step, spread over all the n-grams in which the two sides differ.
"""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsqr

from models.hashed_text import HashedText

FRAMES = Path(__file__).with_name("evenhanded.toml")
SEED = 20_181_117
TIMES = 3  # how often a frame is filled for each pair of words
# What moving the weights costs beside what a pair's difference does; with less the unseen pairs gain nothing.
DAMPING = 0.3
STEPS = 120


def differences(transformer: HashedText) -> sparse.csr_matrix:
    """(m, columns): the features of the left sentence of each pair less those of the right one."""
    left, right = zip(*pairs(), strict=True)
    return sparse.csr_matrix(transformer.transform(left) - transformer.transform(right))


def evened(weights: NDArray[np.float32], apart: sparse.csr_matrix) -> NDArray[np.float32]:
    """weights (columns,) moved by the least squares step after which the pairs, (m, columns), hardly differ."""
    used = np.flatnonzero(np.bincount(apart.indices, minlength=len(weights)))
    apart, moved = apart[:, used], weights.astype(np.float64)
    moved[used] += lsqr(apart, -(apart @ moved[used]), damp=DAMPING, iter_lim=STEPS)[0]
    return moved.astype(np.float32)


def pairs(seed: int = SEED) -> list[tuple[str, str]]:
    """The sentences, both sides of each. The same seed gives the same."""
    content = tomllib.loads(FRAMES.read_text(encoding="utf-8"))
    drawn = random.Random(seed)
    made = []
    for group in content["swaps"]:
        for frame in group["say"]:
            for left, right in group["pairs"]:
                for _ in range(TIMES):
                    about = {"cause": drawn.choice(content["cause"]), "who": drawn.choice(content["who"])}
                    made.append((_filled(frame, left, about), _filled(frame, right, about)))
    return made


def _filled(frame: str, side: str, about: dict[str, str]) -> str:
    for slot, words in about.items():
        frame = frame.replace("{" + slot + "}", words)
    text = frame.replace("{}", side)
    return text[:1].upper() + text[1:]
