"""Weights in eight bits: sign and square root of the size, one scale a column.

Large weights keep steps of 1.6%, small ones finer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEPS = 127


def pack(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(m, k) weights -> (m, k) codes in [-127, 127], (k,) largest size of each column."""
    largest = np.maximum(np.abs(weights).max(axis=0), np.float32(1e-12)).astype(np.float32)
    codes = np.rint(np.sign(weights) * np.sqrt(np.abs(weights) / largest) * STEPS)
    return codes.astype(np.int8), largest


def unpack(codes: NDArray[np.int8], largest: NDArray[np.float32]) -> NDArray[np.float32]:
    levels = np.square(np.arange(-STEPS - 1, STEPS + 1, dtype=np.float32) / np.float32(STEPS))
    levels[: STEPS + 1] *= -1
    return levels[codes.astype(np.int16) + STEPS + 1] * largest.astype(np.float32)
