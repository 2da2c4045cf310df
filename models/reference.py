"""The reference mix: what p_reject means before a site has decisions of its own.

A site's stream is imitated by weights: each source of the mix gets its share of the comments, and within it
the stated share of comments to reject. A comment is to be rejected when most raters called it toxic, hateful
or spam.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.attributes import ATTRIBUTES, SPAM, TOXICITY
from models.budgets import upper_bound, widest_approval, widest_rejection
from models.calibrating import fit_sigmoid, venn_abers
from models.calibration import Intervals
from models.datasets import SOURCES, Corpus
from models.metrics import calibration_error
from models.operating_point import OperatingPoint
from models.word_list import listed_words

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAX_WRONG_APPROVALS, MAX_WRONG_REJECTIONS = 0.01, 0.05
# The first look leaves most of the budget to the second one, which knows better whom to trust (docs/experiments.md).
FIRST_LOOKS_SHARE = 0.4
SPAM_STEEPNESS = 2.0
FIT, CHOOSE, REPORT = range(3)  # bands are chosen on the first two
PARTS = (0.4, 0.75)


@dataclass(frozen=True)
class Reference:
    """rows (m,) of the corpus; rejected (m,); weight (m,), summing to 1; part (m,) FIT, CHOOSE or REPORT."""

    rows: NDArray[np.int64]
    rejected: Mask
    weight: Floats
    part: NDArray[np.int64]


def reference_of(corpus: Corpus) -> Reference:
    rejected = (np.nan_to_num(corpus.labels[:, TOXICITY]) >= 0.5) | (np.nan_to_num(corpus.labels[:, SPAM]) >= 0.5)
    weight = np.zeros(len(corpus.texts))
    for source in SOURCES:
        if source.mix is None:
            continue
        share, rate = source.mix
        mine = corpus.rows_of(source.name)
        if source.name == "spam_youtube":
            mine &= rejected | ~_may_be_abusive(corpus, mine)
        for side, mass in ((mine & rejected, share * rate), (mine & ~rejected, share * (1 - rate))):
            weight[side] = mass / max(side.sum(), 1)
    rows = np.flatnonzero(weight)
    # The fold of a row is decided by the leading digits of its place, its part by the next ones.
    part = np.searchsorted(PARTS, corpus.place[rows] * 1_000 % 1)
    return Reference(rows, rejected[rows], weight[rows] / weight[rows].sum(), part)


def _may_be_abusive(corpus: Corpus, mine: Mask) -> Mask:
    """Nobody was asked whether the comments of the spam source are toxic, and some are: those stay out."""
    found = np.zeros(len(mine), dtype=bool)
    rows = np.flatnonzero(mine)
    found[rows] = listed_words([corpus.texts[row] for row in rows]) > 0
    return found


def reject_branches(slope: Floats, shift: Floats) -> Floats:
    """(2, 8) weights of the seven logits and a constant, one row a way to be rejected: toxic, or spam.

    The reject logit is the larger of the two calibrated logits, spam's SPAM_STEEPNESS times as steep: where spam is
    likely it decides, where it is unlikely it is silent, so that noise about it does not reorder harmless comments.
    One regression over all seven was tried and lost twelve points of coverage at 1% wrong approvals: labels that only
    one source gives leak into all the others.
    """
    branches = np.zeros((2, len(ATTRIBUTES) + 1))
    for branch, attribute in zip(branches, (TOXICITY, SPAM), strict=True):
        steepness = SPAM_STEEPNESS if attribute == SPAM else 1.0
        branch[attribute], branch[-1] = slope[attribute] * steepness, shift[attribute] * steepness
    return branches


def fit_intervals(scores: Floats, reference: Reference) -> Intervals:
    """scores (n,) reject logits of the whole corpus."""
    mine = reference.part == FIT
    return venn_abers(scores[reference.rows[mine]], reference.rejected[mine], reference.weight[mine])


def fit_sigmoids(corpus: Corpus, logits: Floats) -> tuple[Floats, Floats]:
    """slope, shift (7,): each attribute's own, at the rate of the reference mix's rows that are labelled for it,
    or of all labelled rows where the mix knows fewer than twenty of either side."""
    weight = np.zeros(len(corpus.texts))
    reference = reference_of(corpus)
    weight[reference.rows] = reference.weight * len(reference.rows)
    fitted = [_fit_sigmoid(corpus.labels[:, index], logits[:, index], weight) for index in range(len(ATTRIBUTES))]
    return np.array([slope for slope, _ in fitted]), np.array([shift for _, shift in fitted])


def _fit_sigmoid(labels: Floats, logits: Floats, weight: Floats) -> tuple[float, float]:
    labelled = ~np.isnan(labels)
    mine = labelled & (weight > 0)
    sides = np.bincount((labels[mine] >= 0.5).astype(int), minlength=2)
    if sides.min() < 20:
        mine, weight = labelled, np.ones_like(weight)
    if len(np.unique(labels[mine] >= 0.5)) < 2:
        return 1.0, 0.0
    return fit_sigmoid(logits[mine], labels[mine] >= 0.5, weight[mine])


def choose_bands(
    low: Floats, high: Floats, reference: Reference, approvals: float = FIRST_LOOKS_SHARE
) -> OperatingPoint:
    """low, high (m,) on the reference rows; approvals: how much of their budget may be spent. The widest bands that
    keep both budgets, by every row but those of the REPORT part: that the intervals were fitted on some of them
    changes the names of the thresholds, not the order of the rows, and only that order is searched."""
    mine = reference.part != REPORT
    rejected, weight = reference.rejected[mine], reference.weight[mine]
    return OperatingPoint(
        approve_below=widest_approval(high[mine], rejected, weight, MAX_WRONG_APPROVALS * approvals),
        reject_from=widest_rejection(low[mine], rejected, weight, MAX_WRONG_REJECTIONS),
        spam_from=0.5,
    )


def band_table(
    low: Floats, high: Floats, chances: Floats, reference: Reference, point: OperatingPoint,
    sources: NDArray[np.int64],
) -> dict[str, dict[str, float]]:  # fmt: skip
    """Shares and errors of the bands, and how true the chances are, on the REPORT part: of the whole mix, and of each
    source in it."""
    mine = reference.part == REPORT
    approve, reject = high < point.approve_below, low >= point.reject_from
    table = {"reference mix": _bands(mine, approve, reject, chances, reference)}
    for index in np.unique(sources):
        table[SOURCES[index].name] = _bands(mine & (sources == index), approve, reject, chances, reference)
    return table


def _bands(mine: Mask, approve: Mask, reject: Mask, chances: Floats, reference: Reference) -> dict[str, float]:
    weight = reference.weight * mine
    total = weight.sum()
    approved, refused = weight * approve, weight * reject
    wrong_approved, wrong_refused = approved * reference.rejected, refused * ~reference.rejected
    return {
        "rows": int(mine.sum()),
        "to_reject": _share(weight * reference.rejected, total),
        "auto_approve": _share(approved, total),
        "review": 1 - _share(approved + refused, total),
        "auto_reject": _share(refused, total),
        "wrong_approvals": _share(wrong_approved, approved.sum()),
        "wrong_approvals_at_most": _bound(wrong_approved, approved),
        "wrong_rejections": _share(wrong_refused, refused.sum()),
        "wrong_rejections_at_most": _bound(wrong_refused, refused),
        "ece": calibration_error(reference.rejected, chances, weight=weight),
    }


def _share(part: Floats, total: float) -> float:
    return float(part.sum() / total) if total else 0.0


def _bound(wrong: Floats, decided: Floats) -> float:
    if not decided.any():
        return 1.0
    rows = decided.sum() ** 2 / (decided**2).sum()
    return upper_bound(rows * wrong.sum() / decided.sum(), rows)
