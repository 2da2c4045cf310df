"""The features as a scikit-learn transformer, for learning; scoring takes the fast path of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from models.features import BATCH, BUCKETS, counted, grams_of, scaled
from models.groups import veiled
from models.surface import surface_features
from models.text import plain_view, raw_codes


class HashedText(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts -> CSR (n, COLUMNS). fit learns idf alone: ln((1 + n) / (1 + documents with it)) + 1."""

    def fit(self, texts: Sequence[str], y: object = None) -> Self:
        seen = np.zeros(BUCKETS, dtype=np.int64)
        for part in _batches(texts):
            _, bucket, _ = counted(grams_of(*veiled(plain_view(*raw_codes(part), len(part)))), len(part))
            seen += np.bincount(bucket, minlength=BUCKETS)
        self.document_frequency_ = seen
        self.idf_ = (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)
        return self

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        return sparse.vstack([self._rows(part) for part in _batches(texts)], format="csr", dtype=np.float32)

    def _rows(self, part: Sequence[str]) -> sparse.csr_matrix:
        codes, origin, doc = raw_codes(part)
        text_of, bucket, values = counted(grams_of(*veiled(plain_view(codes, origin, doc, len(part)))), len(part))
        values = scaled(text_of, bucket, values * self.idf_[bucket], len(part))
        starts = np.searchsorted(text_of, np.arange(len(part) + 1))
        grams = sparse.csr_matrix((values, bucket, starts), shape=(len(part), BUCKETS))
        surface = sparse.csr_matrix(surface_features(codes, doc, len(part)))
        return sparse.hstack([grams, surface], format="csr", dtype=np.float32)


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
