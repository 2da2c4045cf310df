"""The linear models over the shared features: a logistic regression an attribute, for toxicity a blend of three.

Linear models over the same features blend by adding their weights, so three cost at scoring what one does.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from models.attributes import ATTRIBUTES, INSULT, OBSCENE, SPAM, TOXICITY
from models.datasets import Corpus
from models.evenhanded import evened
from models.features import BUCKETS, COLUMNS

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAX_ITERATIONS = 100
STRENGTH = (0.3, 0.5, 0.3, 0.3, 0.5, 1.0, 3.0)
# Weighing n-grams by how telling they are helps the broad attributes; on rare ones it follows the few examples.
WEIGHED = (TOXICITY, OBSCENE, INSULT)
LEAST_CERTAINTY = 0.2
REJECTING = (TOXICITY, SPAM)  # what p_reject is made of
# Toxicity: half a weighed model, half a plain one, and the student of the teacher at half their loudness.
PLAIN_STRENGTH, STUDENT_SHARE, PHRASE_WEIGHT = 1.0, 0.5, 0.3
UNLEARNED = -6.0  # the logit of an attribute of which the rows show one side only


@dataclass(frozen=True)
class Lesson:
    """What the teacher says about the rows of the corpus (n,) and about phrases (m,), and the phrases' features."""

    of_rows: Floats
    of_phrases: Floats
    phrases: sparse.csr_matrix


@dataclass(frozen=True)
class Linear:
    """weights (columns,), intercept; blended by adding."""

    weights: NDArray[np.float32]
    intercept: float

    def logits(self, features: sparse.csr_matrix) -> Floats:
        return np.asarray(features @ self.weights + self.intercept, dtype=np.float64)

    def __mul__(self, by: float) -> Linear:
        return Linear(self.weights * np.float32(by), self.intercept * by)

    def __add__(self, other: Linear) -> Linear:
        return Linear(self.weights + other.weights, self.intercept + other.intercept)


@dataclass(frozen=True)
class Heads:
    """weights (COLUMNS, 7), intercept (7,)."""

    weights: NDArray[np.float32]
    intercept: Floats

    def logits(self, features: sparse.csr_matrix) -> Floats:
        return np.asarray(features @ self.weights + self.intercept, dtype=np.float64)


def fit_heads(
    features: sparse.csr_matrix,
    corpus: Corpus,
    use: Mask,
    step: Callable[[], object],
    lesson: Lesson | None = None,
    apart: sparse.csr_matrix | None = None,
) -> Heads:
    """One model an attribute on the rows of `use` (n,) that are labelled for it; step is called for each. apart:
    differences between the features of sentences that the verdict must not tell apart."""
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
        fitted = _fit_one(mine, truth, weight, STRENGTH[index], index in WEIGHED)
        if index == TOXICITY:
            plain = _fit_one(mine, truth, weight, PLAIN_STRENGTH, False)
            fitted = fitted * 0.5 + plain * 0.5
            if lesson is not None:
                columns = seen[: mine.shape[1]]
                student = _imitate(mine, rows, lesson, columns)
                loudness = np.std(fitted.logits(mine)) / np.std(student.logits(mine))
                fitted = fitted + student * float(STUDENT_SHARE * loudness)
        weights[seen[: mine.shape[1]], index] = fitted.weights
        if apart is not None and index in REJECTING:
            # Only what the attribute is read from: letter case and length stay out of toxicity.
            read = slice(COLUMNS if index == SPAM else BUCKETS)
            weights[read, index] = evened(weights[read, index], apart[:, read])
        intercept[index] = fitted.intercept
    return Heads(weights, intercept)


def row_weights(corpus: Corpus, index: int) -> Floats:
    """(n,) how much each row counts for an attribute; 0 where it has no label."""
    rows = np.flatnonzero(~np.isnan(corpus.labels[:, index]))
    found = np.zeros(len(corpus.texts))
    found[rows] = _weights(corpus, rows, index, corpus.labels[rows, index] >= 0.5)
    return found


def _imitate(matrix: sparse.csr_matrix, rows: NDArray[np.int64], lesson: Lesson, columns: NDArray[np.int64]) -> Linear:
    """A ridge regression of what the teacher says about the rows, and about words and pairs by themselves."""
    said = np.concatenate([lesson.of_rows[rows], lesson.of_phrases])
    weight = np.concatenate([np.ones(len(rows)), np.full(len(lesson.of_phrases), PHRASE_WEIGHT)])
    middle = float(lesson.of_rows[rows].mean())
    shown = sparse.vstack([matrix, lesson.phrases[:, columns]], format="csr", dtype=np.float32)
    model = Ridge(alpha=1.0, solver="sparse_cg", fit_intercept=False, max_iter=40, tol=1e-4)
    model.fit(shown, said - middle, sample_weight=weight)
    return Linear(model.coef_.astype(np.float32), middle)


def _weights(corpus: Corpus, rows: NDArray[np.int64], index: int, truth: Mask) -> Floats:
    """A row's source weight, less where raters disagreed; then the rare side lifted by the root of its rarity."""
    certainty = np.maximum(np.abs(2 * corpus.labels[rows, index] - 1), LEAST_CERTAINTY)
    weight = corpus.weight[rows] * certainty
    rate = np.average(truth, weights=weight)
    lift = np.where(truth, np.sqrt(0.5 / max(rate, 1e-4)), np.sqrt(0.5 / max(1 - rate, 1e-4)))
    weight = weight * lift
    return np.asarray(weight / weight.mean())


def _fit_one(matrix: sparse.csr_matrix, truth: Mask, weight: Floats, strength: float, weighed: bool) -> Linear:
    telling = _telling(matrix, truth, weight) if weighed else np.ones(matrix.shape[1], dtype=np.float32)
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=MAX_ITERATIONS, tol=1e-5)
    with warnings.catch_warnings():
        # Stopping early is part of the recipe: most have converged by then, the rest moves in the third digit.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix @ sparse.diags(telling), truth, sample_weight=weight.astype(np.float32))
    return Linear(model.coef_[0].astype(np.float32) * telling, float(model.intercept_[0]))


def _telling(matrix: sparse.csr_matrix, truth: Mask, weight: Floats) -> NDArray[np.float32]:
    """(columns,) from 1 up: how far apart the two sides use an n-gram, as naive Bayes would weigh it.

    Wang and Manning, "Baselines and bigrams", ACL 2012, section 2.3; with its size for the sign, which the regression
    finds, and 1 added, so that n-grams of equal use on both sides keep a say.
    """
    true_use, false_use = matrix.T @ (weight * truth) + 1, matrix.T @ (weight * ~truth) + 1
    ratio = np.log(true_use / true_use.sum()) - np.log(false_use / false_use.sum())
    return np.asarray(np.abs(ratio) + 1, dtype=np.float32)
