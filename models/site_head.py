"""A site's own head: what its moderators' decisions add to what the shipped looks say.

    logit = prior + bias + slope * prior + weights of attributes, findings, words and sentence vector

Fitted as a Gaussian process whose mean is the prior, so that few decisions move it little: every weight starts at
nought and pays for leaving it, by the scale of its block. The scales were chosen on training sources left out one at
a time (docs/experiments.md). All blocks are linear, so what is kept are plain arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from models import artefact
from models.artefact import ModelDamaged
from models.calibration import Intervals, sigmoid
from models.features import BUCKETS
from models.gaussian_process import dual

if TYPE_CHECKING:
    from models.classifier import Classifier

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]

# One more decision costs more than it teaches: the newest count.
MOST_DECISIONS = 3_000
MOST_WORDS = 60_000
FEWEST_DECISIONS = 30
HEAVIEST = 50.0  # a weight of 1/probability is cut here, as one rare draw must not outshout all others


@dataclass(frozen=True)
class Basis:
    """What the shipped looks make of n texts.

    prior (n,) log-odds of rejecting; attributes (n, 7) calibrated log-odds; words (n, BUCKETS) CSR, scaled to
    length 1 at most; vectors (n, d) sentence vectors around their mean, of length 1 on average, or None in the first
    look.
    """

    prior: Floats
    attributes: Floats
    words: sparse.csr_matrix
    vectors: Floats | None = None


class Shipped(Protocol):
    """A look that can stand under a site's head."""

    @property
    def version(self) -> str: ...

    @property
    def first(self) -> Classifier: ...

    def basis(self, texts: Sequence[str]) -> Basis: ...

    def first_basis(self, texts: Sequence[str]) -> Basis:
        """The same without vectors, as the first look has it."""
        ...


KIND = "site head"
# How far a site's weights are expected to lie from nought: standard deviations of each block's effect on the log-odds
# of a usual comment.
BIAS, SLOPE, ATTRIBUTES, FINDINGS = 2.0, 0.3, 0.5, 0.5
# Of words and of vectors, tried together; the heads of all are averaged, weighed by the evidence for each.
WORDS_AND_VECTORS = ((1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (5.0, 3.0), (1.5, 3.0))
# What distilling leaves unexplained, in log-odds squared.
DISTILLING_NOISE = 0.1
STRONGEST_PRIOR = 8.0
KNOTS, FOLDS = 60, 5


class TooFewDecisions(Exception):
    """A head needs FEWEST_DECISIONS decisions, of both kinds."""

    def __init__(self, decided: int, rejected: int) -> None:
        super().__init__(
            f"{decided} decisions, {rejected} of them rejections: a site's head needs {FEWEST_DECISIONS} and both kinds"
        )


@dataclass(frozen=True)
class Weights:
    """One linear function of a Basis. buckets (m,) rising, words (m,), vectors (d,) or empty, findings by code."""

    bias: float
    slope: float
    attributes: Floats
    buckets: NDArray[np.int64]
    words: NDArray[np.float32]
    vectors: NDArray[np.float32]
    findings: NDArray[np.float32]

    @cached_property
    def _table(self) -> NDArray[np.float32]:
        table = np.zeros(BUCKETS, dtype=np.float32)
        table[self.buckets] = self.words
        return table

    def delta(self, basis: Basis, findings: Floats) -> Floats:
        """(n,) what is to be added to the prior. findings (n, k)."""
        found = self.bias + self.slope * _tame(basis.prior) + np.tanh(basis.attributes / 4) @ self.attributes
        found += findings @ self.findings
        if len(self.buckets):
            found = found + basis.words @ self._table
        if basis.vectors is not None and len(self.vectors):
            found = found + basis.vectors @ self.vectors
        return np.asarray(found, dtype=np.float64)


@dataclass(frozen=True)
class SiteHead:
    """full: over all blocks, for the second look; light: the same distilled into what the first look sees.

    intervals, light_intervals: of the log-odds of each, from decisions held out in turn; manifest: how many decisions
    of which kind, the versions of the looks beneath, the codes of the findings' weights.
    """

    full: Weights
    light: Weights
    intervals: Intervals
    light_intervals: Intervals
    manifest: dict[str, Any]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.manifest["findings"])

    def fits_first(self, version: str) -> bool:
        """Whether it was fitted on this first look, so that its weights mean something there."""
        return bool(self.manifest.get("first", self.manifest["shipped"]) == version)

    def fits_second(self, version: str) -> bool:
        """Whether it was fitted on this second look, sentence vectors and all."""
        return bool(len(self.full.vectors) and self.manifest["shipped"] == version)

    def logit(self, basis: Basis, findings: Sequence[frozenset[str]] | None = None) -> Floats:
        """(n,) log-odds that a moderator of this site rejects; light where the basis has no vectors."""
        weights = self.light if basis.vectors is None else self.full
        return basis.prior + weights.delta(basis, _one_hot(findings, self.codes, len(basis.prior)))

    def bounds(self, logits: Floats, *, light: bool = False) -> tuple[Floats, Floats]:
        """low <= p <= high, (n,) each: honest about how few decisions there are. light: the logits are the first
        look's."""
        chance = sigmoid(logits)
        low, _, high = (self.light_intervals if light else self.intervals).at(logits)
        return np.minimum(low, chance), np.maximum(high, chance)

    def save(self, folder: Path) -> None:
        arrays = {
            f"{part}_{name}": np.atleast_1d(getattr(getattr(self, part), name))
            for part in ("full", "light")
            for name in (field.name for field in fields(Weights))
        }
        for name, of in (("intervals", self.intervals), ("light_intervals", self.light_intervals)):
            arrays[name] = np.stack([of.knots, of.low, of.middle, of.high])
        artefact.save(folder, arrays, self.manifest)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Raises ModelMissing or ModelDamaged."""
        found = artefact.load(folder)
        try:
            if found.manifest["kind"] != KIND:
                raise ModelDamaged(f"{folder.name} holds no site head")
            full, light = (_weights(found.arrays, part) for part in ("full", "light"))
            intervals = Intervals(*found.arrays["intervals"])
            # Heads of an earlier release have one for both.
            light_intervals = Intervals(*found.arrays.get("light_intervals", found.arrays["intervals"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelDamaged(f"{folder.name}: {error!r}") from error
        return cls(full, light, intervals, light_intervals, found.manifest)


def fit(
    texts: Sequence[str],
    rejected: Truth,
    weights: Floats,
    shipped: Shipped,
    findings: Sequence[frozenset[str]] | None = None,
    more_texts: Sequence[str] = (),
) -> SiteHead:
    """A head from a site's decisions, oldest first.

    rejected (n,); weights (n,) 1/probability with which each was drawn to be decided by a person, 1 for all others;
    findings: codes of each comment's findings; more_texts: undecided comments of the site, which help to distil.
    Raises TooFewDecisions below FEWEST_DECISIONS or where only one verdict was ever given.
    """
    # Fitting alone needs scikit-learn, which takes a second to import.
    from models.calibrating import venn_abers

    newest = slice(max(0, len(texts) - MOST_DECISIONS), None)
    texts, rejected = list(texts)[newest], np.asarray(rejected, dtype=bool)[newest]
    weights = np.minimum(np.asarray(weights, dtype=np.float64)[newest], HEAVIEST)
    findings = None if findings is None else list(findings)[newest]
    if len(texts) < FEWEST_DECISIONS or rejected.all() or not rejected.any():
        raise TooFewDecisions(len(texts), int(rejected.sum()))
    basis = shipped.basis(texts)
    codes = tuple(sorted(set().union(*findings))) if findings else ()
    found = _one_hot(findings, codes, len(texts))
    weights = weights * len(weights) / weights.sum()
    full = fit_weights(basis, rejected, weights, found)
    every, others = [*texts, *more_texts], shipped.basis(list(more_texts)) if more_texts else None
    first_basis = shipped.first_basis(every)
    none = np.zeros((len(more_texts), len(codes)))
    taught = [basis.prior + full.delta(basis, found)]
    taught += [others.prior + full.delta(others, none)] if others else []
    light = distilled(np.concatenate(taught), first_basis, np.vstack([found, none]))
    own = part_of(first_basis, np.arange(len(texts)))
    held_out = held_out_of_both(basis, own, rejected, weights, found)
    intervals, light_intervals = (venn_abers(logits, rejected, weights, KNOTS) for logits in held_out)
    manifest = {
        "kind": KIND, "version": f"{shipped.version}+site", "decisions": len(texts), "rejected": int(rejected.sum()),
        "findings": list(codes), "shipped": shipped.version, "first": shipped.first.version,
    }  # fmt: skip
    return SiteHead(full, light, intervals, light_intervals, manifest)


def fit_weights(basis: Basis, rejected: Truth, weight: Floats, findings: Floats) -> Weights:
    """The average of the heads of all scales, each weighed by how well it explains the decisions."""
    base, gram, vectors = _kernels(basis, findings)
    tried = []
    for words_scale, vectors_scale in WORDS_AND_VECTORS:
        kernel = base + words_scale**2 * gram + vectors_scale**2 * vectors
        alpha, evidence = dual(kernel, basis.prior, rejected, weight)
        tried.append((evidence, words_scale, vectors_scale, alpha))
    best = max(evidence for evidence, *_ in tried)
    credit = np.exp([evidence - best for evidence, *_ in tried])
    credit /= credit.sum()
    alphas = [share * alpha for share, (*_, alpha) in zip(credit, tried, strict=True)]
    in_words = sum(scale**2 * alpha for alpha, (_, scale, _, _) in zip(alphas, tried, strict=True))
    in_vectors = sum(scale**2 * alpha for alpha, (_, _, scale, _) in zip(alphas, tried, strict=True))
    return _primal(basis, findings, np.sum(alphas, axis=0), np.asarray(in_words), np.asarray(in_vectors))


def held_out_logits(basis: Basis, rejected: Truth, weight: Floats, findings: Floats) -> Floats:
    """(n,) for each decision the log-odds by a head that did not see it; for intervals and thresholds."""
    return held_out_of_both(basis, None, rejected, weight, findings)[0]


def held_out_of_both(
    basis: Basis, first_basis: Basis | None, rejected: Truth, weight: Floats, findings: Floats
) -> tuple[Floats, Floats]:
    """The same by the head over all blocks, and by what distilling leaves of it where first_basis is given."""
    kernel = _usual_kernel(basis, findings)
    fold = np.random.default_rng(len(rejected)).permutation(len(rejected)) % FOLDS
    full, light = basis.prior.copy(), np.zeros(len(rejected))
    first_kernel = None if first_basis is None else _distilling_kernel(first_basis, findings)
    for number in range(FOLDS):
        out, seen = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        alpha, _ = dual(kernel[np.ix_(seen, seen)], basis.prior[seen], rejected[seen], weight[seen])
        full[out] += kernel[np.ix_(out, seen)] @ alpha
        if first_basis is not None and first_kernel is not None:
            taught = basis.prior[seen] + kernel[np.ix_(seen, seen)] @ alpha - first_basis.prior[seen]
            ridge = first_kernel[np.ix_(seen, seen)] + DISTILLING_NOISE * np.eye(len(seen))
            beta = linalg.solve(ridge, taught, assume_a="pos", check_finite=False)
            light[out] = first_basis.prior[out] + first_kernel[np.ix_(out, seen)] @ beta
    return full, light


def part_of(basis: Basis, rows: NDArray[np.int64]) -> Basis:
    vectors = None if basis.vectors is None else basis.vectors[rows]
    return Basis(basis.prior[rows], basis.attributes[rows], basis.words[rows], vectors)


def _usual_kernel(basis: Basis, findings: Floats) -> Floats:
    base, gram, vectors = _kernels(basis, findings)
    words_scale, vectors_scale = WORDS_AND_VECTORS[1]
    return base + words_scale**2 * gram + vectors_scale**2 * vectors


def _distilling_kernel(basis: Basis, findings: Floats) -> Floats:
    base, gram, _ = _kernels(basis, findings)
    return base + WORDS_AND_VECTORS[2][0] ** 2 * gram


def distilled(logits: Floats, basis: Basis, findings: Floats) -> Weights:
    """What a head says of n texts, logits (n,), said as well as the first look's blocks can: a ridge regression."""
    target, words_scale = logits - basis.prior, WORDS_AND_VECTORS[2][0]
    kernel = _distilling_kernel(basis, findings) + DISTILLING_NOISE * np.eye(len(target))
    alpha = linalg.solve(kernel, target, assume_a="pos", check_finite=False)
    return _primal(basis, findings, alpha, words_scale**2 * alpha, np.zeros(0))


def _kernels(basis: Basis, findings: Floats) -> tuple[Floats, Floats, Floats]:
    """(n, n) each: of all small blocks together, of the words, of the vectors."""
    prior, attributes = _tame(basis.prior), np.tanh(basis.attributes / 4)
    base = BIAS**2 + SLOPE**2 * np.outer(prior, prior)
    base += ATTRIBUTES**2 * attributes @ attributes.T + FINDINGS**2 * findings @ findings.T
    words = (basis.words @ basis.words.T).toarray().astype(np.float64)
    if basis.vectors is None:
        return base, words, np.zeros_like(base)
    return base, words, basis.vectors @ basis.vectors.T


def _primal(basis: Basis, findings: Floats, alpha: Floats, in_words: Floats, in_vectors: Floats) -> Weights:
    """From a weight a row to weights of the blocks; of the words the strongest MOST_WORDS."""
    words = basis.words.T @ in_words
    buckets = np.flatnonzero(words)
    if len(buckets) > MOST_WORDS:
        buckets = np.sort(buckets[np.argsort(-np.abs(words[buckets]))[:MOST_WORDS]])
    vectors = np.zeros(0) if basis.vectors is None else basis.vectors.T @ in_vectors
    return Weights(
        bias=float(BIAS**2 * alpha.sum()),
        slope=float(SLOPE**2 * _tame(basis.prior) @ alpha),
        attributes=ATTRIBUTES**2 * np.tanh(basis.attributes / 4).T @ alpha,
        buckets=buckets,
        words=words[buckets].astype(np.float32),
        vectors=vectors.astype(np.float32),
        findings=(FINDINGS**2 * findings.T @ alpha).astype(np.float32),
    )


def _tame(prior: Floats) -> Floats:
    return np.clip(prior, -STRONGEST_PRIOR, STRONGEST_PRIOR)


def _one_hot(findings: Sequence[frozenset[str]] | None, codes: Sequence[str], rows: int) -> Floats:
    if findings is None:
        return np.zeros((rows, len(codes)))
    return np.array([[code in found for code in codes] for found in findings], dtype=np.float64).reshape(rows, -1)


def _weights(arrays: dict[str, NDArray[Any]], part: str) -> Weights:
    def array(name: str) -> NDArray[Any]:
        return arrays[f"{part}_{name}"]

    found = Weights(
        float(array("bias")[0]), float(array("slope")[0]), array("attributes"), array("buckets"), array("words"),
        array("vectors"), array("findings"),
    )  # fmt: skip
    if found.attributes.shape != (7,) or len(found.buckets) != len(found.words):
        raise ValueError(f"the {part} weights do not fit each other")
    return found
