"""Real scores for the budgets' bench: what each row of the reference mix gets from models that never saw it.

Texts in words that the first look does not know are left out: nothing is ever decided about them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import reference as ref
from models import shelf
from models.budgets import widest_approval, widest_rejection
from models.calibration import reject_logit, sigmoid
from models.datasets import Corpus, read
from models.encoder_views import seen_by_all, views_of
from models.one_thread import one_thread
from models.second_look import SecondLook
from models.second_look_train import HeldOut, first_held_out, seen_again

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]
Thresholds = tuple[float, float]


@dataclass(frozen=True)
class Population:
    """p, y, share (m,): every comment there is, in the order of its score, with its part of the whole."""

    p: Floats
    y: Truth
    share: Floats

    @classmethod
    def of(cls, p: Floats, y: Truth, share: Floats) -> Population:
        order = np.argsort(p, kind="stable")
        return cls(p[order], y[order], share[order] / share.sum())

    def approving(self, below: float) -> tuple[float, float]:
        """Coverage and error of approving what scores below."""
        return self._rates(slice(0, int(np.searchsorted(self.p, below))), self.y)

    def rejecting(self, start: float) -> tuple[float, float]:
        return self._rates(slice(int(np.searchsorted(self.p, start)), None), ~self.y)

    def _rates(self, part: slice, wrong: Truth) -> tuple[float, float]:
        covered = self.share[part].sum()
        return float(covered), float((self.share[part] * wrong[part]).sum() / covered) if covered else 0.0

    def draws(self, count: int, rows: int, seed: int) -> NDArray[np.int64]:
        random, edges = np.random.default_rng(seed), np.cumsum(self.share)
        return np.minimum(np.searchsorted(edges, random.random((count, rows))), len(self.p) - 1)


@dataclass(frozen=True)
class Scored:
    """One look on the mix. rejected, weight (m,); values (m,) by the thresholds that ship, in [0, 1]; choose: from a
    mask of the rows to choose on to everybody's values and the two thresholds."""

    rejected: Truth
    weight: Floats
    values: Floats
    choose: Callable[[Truth, float, float], tuple[Floats, float, float]]

    @property
    def population(self) -> Population:
        return Population.of(self.values, self.rejected, self.weight)


def both_looks(data: Path, cache: Path) -> tuple[Scored, Scored]:
    """The first look, and both looks as in service. cache: that of `models train --cache`."""
    corpus, first = read(data), shelf.open_current()
    look = SecondLook.open(shelf.SHIPPED, first)
    held_out, folds = first_held_out(corpus, first, cache), int(look.manifest["folds"])
    with one_thread():
        views = views_of(look.encoder, corpus.texts, cache)
        said = seen_by_all(corpus, views, folds, lambda _: None, cache)
    unseen = np.flatnonzero(said.unseen)
    corpus, seen = corpus.part(unseen), said.logits[unseen]
    held_out = HeldOut(held_out.logits[unseen], held_out.known[unseen])
    reference, known = _known_rows(corpus, held_out.known >= first.known_floor)
    rows, rejected, weight = reference.rows, reference.rejected, reference.weight
    alone = sigmoid(reject_logit(held_out.logits[rows], first.branches))
    calibrated = held_out.logits * first.slope + first.shift
    in_stretches = seen_again(corpus, first, look.encoder, said, cache)
    again = sigmoid(reject_logit(in_stretches.heard(look.both, calibrated, seen)[rows], look.branches))
    ships = _shipped_thresholds(alone, first.intervals.at, first.operating_point)
    print(f"{len(rows):,} rows of the mix, {known:.1%} of its comments, are in known words", flush=True)

    def first_chosen(mine: Truth, approvals: float, rejections: float) -> tuple[Floats, float, float]:
        return alone, *_chosen(alone, rejected, weight, mine, approvals, rejections)

    def both_chosen(mine: Truth, approvals: float, rejections: float) -> tuple[Floats, float, float]:
        own = _chosen(alone, rejected, weight, mine, approvals * ref.FIRST_LOOKS_SHARE, rejections)
        together = in_turn(alone, again, own)
        return together, *_chosen(together, rejected, weight, mine, approvals, rejections)

    return (
        Scored(rejected, weight, alone, first_chosen),
        Scored(rejected, weight, in_turn(alone, again, ships), both_chosen),
    )


def in_turn(alone: Floats, again: Floats, thresholds: Thresholds) -> Floats:
    """One order for two looks: what the first decides lies at the ends, in its own order; the rest between, in the
    second's. All in [0, 1], and what lies between hardly moved, for those who take it for a probability."""
    approved, refused = alone < thresholds[0], alone >= thresholds[1]
    edge = 1e-3
    return np.where(approved, alone * edge, np.where(refused, 1 - edge * (1 - alone), edge + again * (1 - 2 * edge)))


def _known_rows(corpus: Corpus, known: Truth) -> tuple[ref.Reference, float]:
    whole = ref.reference_of(corpus)
    mine = known[whole.rows]
    share = float(whole.weight[mine].sum())
    return ref.Reference(whole.rows[mine], whole.rejected[mine], whole.weight[mine] / share, whole.part[mine]), share


def _shipped_thresholds(alone: Floats, intervals, point) -> Thresholds:  # type: ignore[no-untyped-def]
    """The shipped ones are stated for the ends of the interval, which rise with the score: the same as scores."""
    low, _, high = intervals(np.log(alone / (1 - alone)))
    approved, refused = high < point.approve_below, low >= point.reject_from
    below = float(np.nextafter(alone[approved].max(), 1)) if approved.any() else 0.0
    return below, float(alone[refused].min()) if refused.any() else 1.1


def _chosen(
    values: Floats, rejected: Truth, weight: Floats, mine: Truth, approvals: float, rejections: float
) -> Thresholds:
    below = widest_approval(values[mine], rejected[mine], weight[mine], approvals)
    return below, widest_rejection(values[mine], rejected[mine], weight[mine], rejections)
