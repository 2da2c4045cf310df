"""What heads on sentence vectors say of the training rows: of each row by heads, and an encoder, that never saw it."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models import reference as ref
from models.attributes import ATTRIBUTES
from models.both_encoders import BothEncoders
from models.datasets import OURS, Corpus
from models.encoder import SentenceEncoder, Vectors
from models.heads import UNLEARNED, row_weights
from models.vector_cache import cached_vectors

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Step = Callable[[int], object]

STRENGTH = 0.003
MAX_ITERATIONS = 60
# How loud each encoder's heads are beside the first look's, each at its own spread: chosen on sources left out.
FROZEN_SHARE, TUNED_SHARE = 0.35, 2.0


@dataclass(frozen=True)
class View:
    """One encoder's numbers. vectors (n, d) of the corpus; share: how loud; shown: the places of the rows that the
    encoder was tuned on, so that no calibration may use what it says of them."""

    vectors: Vectors
    share: float
    shown: tuple[float, float] | None = None


@dataclass(frozen=True)
class Seen:
    """middle, spread (d,), weights (d, 7), intercept (7,) of the heads that stay; logits (n, 7), held out where
    unseen (n,)."""

    middle: Vectors
    spread: Vectors
    weights: NDArray[np.float32]
    intercept: Floats
    logits: Floats
    unseen: Mask


def views_of(encoder: SentenceEncoder, texts: Sequence[str], cache: Path) -> list[View]:
    """Of the corpus's texts. cache: where vectors are kept."""
    if not isinstance(encoder, BothEncoders):
        return [View(cached_vectors(encoder, texts, cache), FROZEN_SHARE)]
    frozen, tuned = encoder.parts
    return [
        View(cached_vectors(frozen, texts, cache), FROZEN_SHARE),
        View(cached_vectors(tuned, texts, cache), TUNED_SHARE, tuned.shown),
    ]


def seen_by_all(corpus: Corpus, views: list[View], folds: int, step: Step, cache: Path | None) -> Seen:
    """The views' heads as one: each at its share of loudness, by its spread on the mix's unseen rows."""
    found = [seen_by(view, corpus, folds, step, cache) for view in views]
    unseen = np.logical_and.reduce([one.unseen for one in found])
    rows = ref.reference_of(corpus).rows
    rows = rows[unseen[rows]]
    loudness = [
        view.share / np.maximum(one.logits[rows].std(axis=0), 1e-6) for view, one in zip(views, found, strict=True)
    ]
    return Seen(
        np.concatenate([one.middle for one in found]),
        np.concatenate([one.spread for one in found]),
        np.vstack([one.weights * loud.astype(np.float32) for one, loud in zip(found, loudness, strict=True)]),
        np.sum([one.intercept * loud for one, loud in zip(found, loudness, strict=True)], axis=0),
        np.sum([one.logits * loud for one, loud in zip(found, loudness, strict=True)], axis=0),
        unseen,
    )


def seen_by(view: View, corpus: Corpus, folds: int, step: Step, cache: Path | None) -> Seen:
    if view.shown is not None:
        return _seen_by_tuned(view, view.shown, corpus, step, cache)
    middle, spread, standard = _standardised(view)
    logits = np.zeros((len(corpus.texts), len(ATTRIBUTES)))
    fold = (corpus.place * folds).astype(int)
    for number in range(folds):
        weights, intercept = _kept_heads(standard, corpus, fold != number, step, cache)
        logits[fold == number] = standard[fold == number] @ weights + intercept
    weights, intercept = _kept_heads(standard, corpus, np.ones(len(fold), dtype=bool), step, cache)
    return Seen(middle, spread, weights, intercept, logits, np.ones(len(fold), dtype=bool))


def _seen_by_tuned(view: View, shown: tuple[float, float], corpus: Corpus, step: Step, cache: Path | None) -> Seen:
    middle, spread, standard = _standardised(view)
    mine = (corpus.place >= shown[0]) & (corpus.place < shown[1])
    mine |= np.logical_or.reduce([corpus.rows_of(name) for name in OURS])
    weights, intercept = _kept_heads(standard, corpus, mine, step, cache)
    return Seen(middle, spread, weights, intercept, standard @ weights + intercept, ~mine)


def _standardised(view: View) -> tuple[Vectors, Vectors, Vectors]:
    middle, spread = view.vectors.mean(axis=0), view.vectors.std(axis=0) + np.float32(1e-6)
    return middle, spread, (view.vectors - middle) / spread


def _kept_heads(
    standard: Vectors, corpus: Corpus, use: Mask, step: Step, cache: Path | None
) -> tuple[NDArray[np.float32], Floats]:
    """fit_heads, or what it gave for the same rows and labels before."""
    if cache is None:
        return fit_heads(standard, corpus, use, lambda: step(1))
    digest = hashlib.blake2b(repr((STRENGTH, MAX_ITERATIONS)).encode(), digest_size=16)
    for array in (standard, corpus.labels, corpus.weight, corpus.source, corpus.natural, use):
        digest.update(np.ascontiguousarray(array).tobytes())
    path = cache / f"heads-{digest.hexdigest()}.npz"
    if path.exists():
        step(len(ATTRIBUTES))
        with np.load(path, allow_pickle=False) as kept:
            return kept["weights"], kept["intercept"]
    weights, intercept = fit_heads(standard, corpus, use, lambda: step(1))
    temporary = path.with_suffix(".part.npz")
    np.savez(temporary, weights=weights, intercept=intercept)
    temporary.replace(path)
    return weights, intercept


def fit_heads(
    standard: Vectors, corpus: Corpus, use: Mask, step: Callable[[], object]
) -> tuple[NDArray[np.float32], Floats]:
    """weights (d, 7), intercept (7,): a logistic regression an attribute on the rows of `use` labelled for it."""
    weights = np.zeros((standard.shape[1], len(ATTRIBUTES)), dtype=np.float32)
    intercept = np.zeros(len(ATTRIBUTES))
    for index in range(len(ATTRIBUTES)):
        step()
        weight = row_weights(corpus, index)
        rows = np.flatnonzero(use & (weight > 0))
        truth = corpus.labels[rows, index] >= 0.5
        if truth.all() or not truth.any():
            intercept[index] = UNLEARNED
            continue
        model = LogisticRegression(C=STRENGTH, solver="lbfgs", max_iter=MAX_ITERATIONS, tol=1e-4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(standard[rows], truth, sample_weight=weight[rows].astype(np.float32))
        weights[:, index], intercept[index] = model.coef_[0], model.intercept_[0]
    return weights, intercept
