"""Fit the second look: heads on sentence vectors, blended with the first look's held-out logits.

Everything after the heads (blend, intervals, thresholds, the figures of the card) is fitted on scores of rows that
neither the first look nor the encoders' heads had seen, and that the tuned encoder was not tuned on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models import reference as ref
from models.artefact import Artefact
from models.attributes import ATTRIBUTES
from models.both_encoders import BothEncoders
from models.calibration import Intervals, reject_logit
from models.classifier import Classifier
from models.datasets import Corpus
from models.encoder import SentenceEncoder
from models.encoder_views import Seen, seen_by_all, views_of
from models.loud_stretch import Loudest, lifted, loudest
from models.one_thread import one_thread
from models.second_look import KIND, Blend
from models.train import cross_fitted, held_out_path, keep_held_out
from models.tuned_encoder import SMOKE_TEXTS
from models.vector_cache import cached_vectors

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
_UNFITTED = Intervals(*np.zeros((4, 1)))


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """Of the first look, on rows that it was not fitted on: logits (n, 7), share of known words (n,)."""

    logits: Floats
    known: Floats


def first_held_out(corpus: Corpus, first: Classifier, cache: Path, progress: bool = True) -> HeldOut:
    """The first look's training again, fold by fold, without the rows that it then scores; kept in cache."""
    path = held_out_path(cache, first.version)
    if not path.exists():
        logits, known = cross_fitted(
            corpus, int(first.manifest["folds"]), progress, taught=bool(first.manifest.get("teacher"))
        )
        keep_held_out(cache, first.version, logits, known)
    with np.load(path, allow_pickle=False) as kept:
        own = len(corpus.texts)  # training puts sentences of its own behind the corpus
        return HeldOut(kept["logits"][:own], kept["known"][:own])


def train(
    corpus: Corpus, held_out: HeldOut, first: Classifier, encoder: SentenceEncoder, cache: Path,
    whole: Corpus | None = None, folds: int = 3, progress: bool = True,
) -> Artefact:  # fmt: skip
    """The same input gives the same model. cache: where vectors are kept, and heads, which another first look does not
    change. whole: the corpus with what augment puts behind it, for the heads alone."""
    whole = whole or corpus
    with one_thread():
        views = views_of(encoder, whole.texts, cache)
    heads = sum(1 if view.shown else folds + 1 for view in views) * len(ATTRIBUTES)
    with one_thread(), tqdm(total=heads, desc="second look", unit="head", disable=not progress) as steps:
        seen = seen_by_all(whole, views, folds, steps.update, cache)
        arrays: dict[str, NDArray[Any]] = {
            "middle": seen.middle, "spread": seen.spread, "weights": seen.weights, "intercept": seen.intercept,
        }  # fmt: skip
        rows = np.flatnonzero(seen.unseen[: len(corpus.texts)])
        mine, unseen = corpus.part(rows), HeldOut(held_out.logits[rows], held_out.known[rows])
        again = seen_again(mine, first, encoder, seen, cache)
        measured = _calibrate(mine, unseen, seen.logits[rows], again, first, arrays)
    smoke = (encoder.vectors(SMOKE_TEXTS) - seen.middle) / seen.spread @ seen.weights + seen.intercept
    manifest = {
        **measured,
        "kind": KIND,
        "encoder": encoder.version,
        **({"tuned": encoder.parts[1].version} if isinstance(encoder, BothEncoders) else {}),
        "stacked_on": first.version,
        "data": whole.fingerprints,
        "folds": folds,
        "in_stretches": True,
        "smoke": {text: round(float(said[0]), 5) for text, said in zip(SMOKE_TEXTS, smoke, strict=True)},
    }
    return Artefact(arrays, {**manifest, "version": _name(arrays, manifest)})


@dataclasses.dataclass(frozen=True)
class SeenAgain:
    """Of the loudest stretches of long texts: logits (k, 7) of the encoders' heads."""

    stretch: Loudest
    logits: Floats

    def heard(self, blend: Blend, calibrated: Floats, seen: Floats) -> Floats:
        """(n, 7) what the blend makes of whole texts, raised to what it hears of their stretches."""
        said = blend.logits(calibrated[self.stretch.rows], self.logits)
        return lifted(blend.logits(calibrated, seen), self.stretch, said)


def seen_again(corpus: Corpus, first: Classifier, encoder: SentenceEncoder, seen: Seen, cache: Path) -> SeenAgain:
    """Of the rows of the reference mix. The heads are the ones that stay, and the first look that picks the stretches
    has seen their texts: what it says of a stretch is not used."""
    rows = ref.reference_of(corpus).rows
    stretch = loudest(first, [corpus.texts[row] for row in rows.tolist()])
    vectors = cached_vectors(encoder, stretch.texts, cache, progress=False)
    logits = (vectors - seen.middle) / seen.spread @ seen.weights + seen.intercept
    return SeenAgain(dataclasses.replace(stretch, rows=rows[stretch.rows]), np.asarray(logits, dtype=np.float64))


def _calibrate(
    corpus: Corpus, held_out: HeldOut, seen: Floats, again: SeenAgain, first: Classifier,
    arrays: dict[str, NDArray[Any]],
) -> dict[str, Any]:  # fmt: skip
    """Adds the blends to the arrays; gives the manifest's part about decisions."""
    reference = ref.reference_of(corpus)
    calibrated = held_out.logits * first.slope + first.shift
    rows = reference.rows
    # What the encoders say is as loud already as their shares; here it is put beside the first look's own spread.
    share = calibrated[rows].std(axis=0)
    branches = ref.reject_branches(np.ones(len(ATTRIBUTES)), np.zeros(len(ATTRIBUTES)))
    one, none = np.ones(len(ATTRIBUTES)), np.zeros(len(ATTRIBUTES))
    both = _fitted(corpus, reference, calibrated, seen, again, one, share, branches)
    alone = _fitted(corpus, reference, calibrated, seen, again, none, one, branches)
    for name, blend in (("both", both), ("alone", alone)):
        of = blend.intervals
        arrays[f"{name}_weights"] = np.stack([blend.of_first, blend.of_vectors, blend.shift])
        arrays[f"{name}_intervals"] = np.stack([of.knots, of.low, of.middle, of.high])
    arrays["branches"] = branches
    logits = again.heard(both, calibrated, seen)[rows]
    return _decide(corpus, held_out, first, reference, logits, both.intervals, branches)


def _fitted(
    corpus: Corpus, reference: ref.Reference, calibrated: Floats, seen: Floats, again: SeenAgain, of_first: Floats,
    of_vectors: Floats, branches: Floats,
) -> Blend:  # fmt: skip
    slope, shift = ref.fit_sigmoids(corpus, calibrated * of_first + seen * of_vectors)
    blend = Blend(of_first * slope, of_vectors * slope, shift, _UNFITTED)
    scores = reject_logit(again.heard(blend, calibrated, seen), branches)
    return dataclasses.replace(blend, intervals=ref.fit_intervals(scores, reference))


def _decide(
    corpus: Corpus, held_out: HeldOut, first: Classifier, reference: ref.Reference, logits: Floats,
    intervals: Intervals, branches: Floats,
) -> dict[str, Any]:  # fmt: skip
    """The bands of what the first look leaves open, such that both looks together keep the two budgets."""
    rows = reference.rows
    strange = held_out.known[rows] < first.known_floor
    low, chances, high = intervals.at(reject_logit(logits, branches))
    low, high = np.where(strange, 0.0, low), np.where(strange, 1.0, high)
    low, high = cascade(first, held_out.logits[rows], strange, low, high)
    open_ = (high >= 0) & (low <= 1)
    # Nothing is left to leave to a third look.
    point = ref.choose_bands(low, high, reference, approvals=1.0)
    point = dataclasses.replace(
        point, approve_below=max(0.0, point.approve_below), reject_from=min(1 + 1e-9, point.reject_from),
        spam_from=first.operating_point.spam_from,
    )  # fmt: skip
    before = reference.weight * (reference.part == ref.REPORT) * open_
    after = before * ~((high < point.approve_below) | (low >= point.reject_from))
    by_first = first.intervals.at(reject_logit(held_out.logits[rows], first.branches))[1]
    in_service = np.where(open_, chances, by_first)
    return {
        "operating_point": dataclasses.asdict(point),
        "bands": ref.band_table(low, high, in_service, reference, point, corpus.source[rows]),
        "leave_review": float(1 - after.sum() / before.sum()) if before.sum() else 0.0,
    }


def cascade(first: Classifier, logits: Floats, strange: Mask, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The second look's low and high, with what the first look decided put before all of it, in its own order: a
    threshold between nought and one then decides as both looks together do."""
    first_low, _, first_high = first.intervals.at(reject_logit(logits, first.branches))
    point = first.operating_point
    approved = ~strange & (first_high < point.approve_below)
    refused = ~strange & ~approved & (first_low >= point.reject_from)
    high = np.where(approved, first_high - 2, np.where(refused, 2.0, high))
    return np.where(refused, first_low + 2, np.where(approved, -1.0, low)), high


def _name(arrays: dict[str, NDArray[Any]], manifest: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    digest.update(json.dumps([manifest["operating_point"], manifest["stacked_on"]], sort_keys=True).encode())
    return f"second-look-{digest.hexdigest()[:10]}"
