"""Which of some thousand remembered texts are most like a new one: cosine over the classifier's hashed n-grams.

Rare n-grams weigh more than common ones, by how many of the remembered texts have them. Characters and
words count half each, so 1 is the same text up to folding and 0 is nothing in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.features import BATCH, BUCKETS, counted, grams_of, scaled
from models.text import plain_view, raw_codes


@dataclass(frozen=True, slots=True)
class Neighbour:
    key: str
    similarity: float  # 0..1


@dataclass(frozen=True, slots=True)
class _Counts:
    """One text's distinct buckets (m,), ascending, and 1 + ln(count) of each."""

    bucket: NDArray[np.int32]
    value: NDArray[np.float32]


class NearestTexts:
    """The last `most` texts that were added; a key that is added again replaces its text."""

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._counts: dict[str, _Counts] = {}
        self._keys: list[str] = []
        self._matrix: sparse.csr_matrix | None = None  # (texts, BUCKETS), made when next asked
        self._idf: NDArray[np.float32] = np.ones(BUCKETS, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._counts)

    def __contains__(self, key: str) -> bool:
        return key in self._counts

    def add(self, keys: Sequence[str], texts: Sequence[str]) -> None:
        if not texts:
            return
        for start in range(0, len(texts), BATCH):
            some = texts[start : start + BATCH]
            for key, counts in zip(keys[start : start + BATCH], _counted(some), strict=True):
                self._counts.pop(key, None)
                self._counts[key] = counts
        while len(self._counts) > self._most:
            del self._counts[next(iter(self._counts))]
        self._matrix = None

    def forget(self, key: str) -> None:
        if self._counts.pop(key, None) is not None:
            self._matrix = None

    def nearest(self, texts: Sequence[str], count: int) -> list[list[Neighbour]]:
        """For each text the `count` most similar remembered ones, most similar first."""
        if not self._counts:
            return [[] for _ in texts]
        remembered = self._remembered()
        found = []
        for start in range(0, len(texts), BATCH):
            rows = self._rows(_counted(texts[start : start + BATCH]))
            similar = (rows @ remembered.T).toarray() / 2
            for each in similar:
                order = np.argsort(-each, kind="stable")[:count]
                found.append([Neighbour(self._keys[at], float(min(1.0, each[at]))) for at in order])
        return found

    def _remembered(self) -> sparse.csr_matrix:
        if self._matrix is None:
            self._keys = list(self._counts)
            counts = list(self._counts.values())
            seen = np.bincount(np.concatenate([one.bucket for one in counts]), minlength=BUCKETS)
            self._idf = (np.log((1 + len(counts)) / (1 + seen)) + 1).astype(np.float32)
            self._matrix = self._rows(counts)
        return self._matrix

    def _rows(self, counts: Sequence[_Counts]) -> sparse.csr_matrix:
        sizes = [len(one.bucket) for one in counts]
        bucket = np.concatenate([one.bucket for one in counts])
        value = np.concatenate([one.value for one in counts]) * self._idf[bucket]
        text_of = np.repeat(np.arange(len(counts), dtype=np.int32), sizes)
        value = scaled(text_of, bucket, value, len(counts))
        return sparse.csr_matrix((value, bucket, np.append(0, np.cumsum(sizes))), shape=(len(counts), BUCKETS))


def _counted(texts: Sequence[str]) -> list[_Counts]:
    view = plain_view(*raw_codes(texts), len(texts))
    text_of, bucket, value = counted(grams_of(view), len(texts))
    cuts = np.searchsorted(text_of, np.arange(1, len(texts)))
    return [_Counts(*both) for both in zip(np.split(bucket, cuts), np.split(value, cuts), strict=True)]
