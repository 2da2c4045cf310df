"""Which of some thousand remembered sentence vectors lie nearest to a new one; the vectors' side of similarity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.similarity import Neighbour

AT_ONCE = 1_024


class NearestVectors:
    """The last `most` vectors that were added, in two bytes a number; one of the same key replaces the older."""

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._kept: dict[str, NDArray[np.float16]] = {}
        self._keys: list[str] = []
        self._matrix: NDArray[np.float16] | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def add(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """vectors: unit vectors (d,) by key, oldest first."""
        for key, vector in vectors.items():
            self._kept.pop(key, None)
            self._kept[key] = vector.astype(np.float16)
            self._matrix = None
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def nearest(self, vectors: NDArray[np.float32], count: int) -> list[list[Neighbour]]:
        """vectors (n, d): for each the `count` nearest by cosine, nearest first."""
        if not self._kept:
            return [[] for _ in vectors]
        if self._matrix is None:
            self._keys = list(self._kept)
            self._matrix = np.stack(list(self._kept.values()))
        parts = [
            vectors @ self._matrix[at : at + AT_ONCE].astype(np.float32).T for at in range(0, len(self._keys), AT_ONCE)
        ]
        return [self._best(each, count) for each in np.concatenate(parts, axis=1)]

    def _best(self, cosines: NDArray[np.float32], count: int) -> list[Neighbour]:
        few = np.argpartition(-cosines, min(count, len(cosines)) - 1)[:count]
        ordered = few[np.argsort(-cosines[few], kind="stable")]
        return [Neighbour(self._keys[at], float(np.clip(cosines[at], 0, 1))) for at in ordered.tolist()]
