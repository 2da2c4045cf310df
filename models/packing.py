"""Weights in eight bits: sign and square root of the size, one scale a column.

Large weights keep steps of 1.6%, small ones finer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

STEPS = 127
COLUMNS = 8  # one look-up of eight bytes gives a whole row


def pack(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(m, k) weights -> (m, k) codes in [-127, 127], (k,) largest size of each column."""
    largest = np.maximum(np.abs(weights).max(axis=0), np.float32(1e-12)).astype(np.float32)
    codes = np.rint(np.sign(weights) * np.sqrt(np.abs(weights) / largest) * STEPS)
    return codes.astype(np.int8), largest


def unpack(codes: NDArray[np.int8], largest: NDArray[np.float32]) -> NDArray[np.float32]:
    levels = np.square(np.arange(-STEPS - 1, STEPS + 1, dtype=np.float32) / np.float32(STEPS))
    levels[: STEPS + 1] *= -1
    return levels[codes.astype(np.int16) + STEPS + 1] * largest.astype(np.float32)


@dataclass(frozen=True)
class Packed:
    """Weights that stay packed in memory and are unpacked as they are looked up.

    rows (m,) the eight codes of each row in one number; unit (8,) what an unscaled weight of a column is worth.
    """

    rows: NDArray[np.uint64]
    unit: NDArray[np.float32]

    @classmethod
    def of(cls, codes: NDArray[np.int8], largest: NDArray[np.float32]) -> Self:
        if codes.dtype != np.int8 or codes.shape[1:] != (COLUMNS,) or largest.shape != (COLUMNS,):
            raise ValueError(f"weights of {codes.dtype} {codes.shape}, scales of {largest.shape}")
        return cls(np.ascontiguousarray(codes).view(np.uint64).ravel(), (largest / STEPS**2).astype(np.float32))

    def unscaled(self, which: NDArray[np.integer]) -> NDArray[np.float32]:
        """(k, 8) whole numbers: times `unit` they are the weights of rows `which` (k,)."""
        codes = self.rows.take(which).view(np.int8).astype(np.float32)
        codes *= np.abs(codes)
        return codes.reshape(-1, COLUMNS)

    def column(self, which: NDArray[np.integer], column: int) -> NDArray[np.float32]:
        """(k,) the weights of one column."""
        return self.unscaled(which)[:, column] * self.unit[column]
