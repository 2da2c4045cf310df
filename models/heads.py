"""The linear models: one logistic regression an attribute over the shared features."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.attributes import ATTRIBUTES, INSULT, OBSCENE, SPAM, TOXICITY
from models.datasets import Corpus
from models.features import BUCKETS, COLUMNS

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAX_ITERATIONS = 100
STRENGTH = (0.3, 0.5, 0.3, 0.3, 0.5, 1.0, 3.0)
# Weighing n-grams by how telling they are helps the broad attributes; on rare ones it follows the few examples.
WEIGHED = (TOXICITY, OBSCENE, INSULT)
LEAST_CERTAINTY = 0.2
UNLEARNED = -6.0  # the logit of an attribute of which the rows show one side only


@dataclass(frozen=True)
class Heads:
    """weights (COLUMNS, 7), intercept (7,)."""

    weights: NDArray[np.float32]
    intercept: Floats

    def logits(self, features: sparse.csr_matrix) -> Floats:
        return np.asarray(features @ self.weights + self.intercept, dtype=np.float64)


def fit_heads(features: sparse.csr_matrix, corpus: Corpus, use: Mask, step: Callable[[], object]) -> Heads:
    """One model an attribute on the rows of `use` (n,) that are labelled for it; step is called for each."""
    weights, intercept = np.zeros((COLUMNS, len(ATTRIBUTES)), dtype=np.float32), np.zeros(len(ATTRIBUTES))
    seen = np.flatnonzero(np.bincount(features.indices, minlength=COLUMNS))
    features = features[:, seen]
    words_only = features[:, : np.searchsorted(seen, BUCKETS)]
    for index in range(len(ATTRIBUTES)):
        step()
        matrix = features if index == SPAM else words_only
        rows = np.flatnonzero(use & ~np.isnan(corpus.labels[:, index]))
        truth = corpus.labels[rows, index] >= 0.5
        if truth.all() or not truth.any():
            intercept[index] = UNLEARNED
            continue
        mine, weight = matrix[rows], _weights(corpus, rows, index, truth)
        telling = _telling(mine, truth, weight) if index in WEIGHED else np.ones(mine.shape[1], dtype=np.float32)
        model = _fit_one(mine @ sparse.diags(telling), truth, weight, STRENGTH[index])
        weights[seen[: mine.shape[1]], index] = model.coef_[0] * telling
        intercept[index] = model.intercept_[0]
    return Heads(weights, intercept)


def row_weights(corpus: Corpus, index: int) -> Floats:
    """(n,) how much each row counts for an attribute; 0 where it has no label."""
    rows = np.flatnonzero(~np.isnan(corpus.labels[:, index]))
    found = np.zeros(len(corpus.texts))
    found[rows] = _weights(corpus, rows, index, corpus.labels[rows, index] >= 0.5)
    return found


def _weights(corpus: Corpus, rows: NDArray[np.int64], index: int, truth: Mask) -> Floats:
    """A row's source weight, less where raters disagreed; then the rare side lifted by the root of its rarity."""
    certainty = np.maximum(np.abs(2 * corpus.labels[rows, index] - 1), LEAST_CERTAINTY)
    weight = corpus.weight[rows] * certainty
    rate = np.average(truth, weights=weight)
    lift = np.where(truth, np.sqrt(0.5 / max(rate, 1e-4)), np.sqrt(0.5 / max(1 - rate, 1e-4)))
    weight = weight * lift
    return np.asarray(weight / weight.mean())


def _fit_one(matrix: sparse.csr_matrix, truth: Mask, weight: Floats, strength: float) -> LogisticRegression:
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=MAX_ITERATIONS, tol=1e-5)
    with warnings.catch_warnings():
        # Stopping early is part of the recipe: most have converged by then, the rest moves in the third digit.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(matrix, truth, sample_weight=weight.astype(np.float32))


def _telling(matrix: sparse.csr_matrix, truth: Mask, weight: Floats) -> NDArray[np.float32]:
    """(columns,) from 1 up: how far apart the two sides use an n-gram, as naive Bayes would weigh it.

    Wang and Manning, "Baselines and bigrams", ACL 2012, section 2.3; with its size for the sign, which the regression
    finds, and 1 added, so that n-grams of equal use on both sides keep a say.
    """
    true_use, false_use = matrix.T @ (weight * truth) + 1, matrix.T @ (weight * ~truth) + 1
    ratio = np.log(true_use / true_use.sum()) - np.log(false_use / false_use.sum())
    return np.asarray(np.abs(ratio) + 1, dtype=np.float32)
