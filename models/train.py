"""Fit a whole model: features, one linear model an attribute, sigmoids, reject head, intervals, bands.

Cross-fitting: every row is also scored by models that never saw it, and all that comes after the linear models
(sigmoids, head, intervals, thresholds, the figures of the card) learns from those held-out scores alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from tqdm import tqdm

from models import reference as ref
from models.artefact import Artefact
from models.attributes import ATTRIBUTES, TOXICITY
from models.augment import augmented
from models.calibration import Intervals, reject_logit
from models.classifier import Classifier
from models.datasets import Corpus
from models.evenhanded import differences
from models.features import BATCH, BUCKETS
from models.groups import veiled
from models.hashed_text import HashedText
from models.heads import Heads, Lesson, fit_heads, row_weights
from models.knowledge import BITS, known_set, known_share, known_words, word_bits
from models.one_thread import one_thread
from models.packing import pack, unpack
from models.teacher import Teacher, teach
from models.text import plain_view, raw_codes

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]

FOLDS = 3
TOLD = ("data", "folds", "teacher")  # what the manifest says of the fitting; the rest is calibration
TEACHER_READS_EVERY = 2  # its head has 513 numbers to learn: half of the rows are plenty
# A word is known when one text in 4,500 has it: rarer ones include quotations in other languages. Two in a hundred
# English texts then count as strange; sixteen sentences in ten other languages all did, with a gap of 19 points.
TEXTS_A_KNOWN_WORD = 4_500
STRANGE_SHARE = 0.02
SMOKE_TEXTS = (
    "Thank you, that was a thoughtful article about the new bridge.",
    "You are a complete idiot and everyone here hates you.",
    "Make $500 a day from home!!! Visit http://example.com/now",
    "y0u st.upid f o o l",
    "",
)


def train(
    corpus: Corpus, folds: int = FOLDS, progress: bool = True, teacher: bool = False, cache: Path | None = None
) -> Artefact:
    """A model out of a corpus. The same corpus on the same libraries gives the same model.

    teacher: let a sentence encoder, which has to be installed, teach the toxicity model; cache: where to keep vectors.
    """
    with (
        one_thread(),
        tqdm(total=(folds + 1) * len(ATTRIBUTES) + 3, desc="training", unit="step", disable=not progress) as steps,
    ):
        taught = _taught(corpus, cache, progress) if teacher else None
        transformer, known, shares = _learn_words(corpus)
        features = transformer.transform(corpus.texts)
        phrases = transformer.transform(taught.phrases) if taught else None
        steps.update()
        lessons = _Lessons(corpus, features, taught, phrases, differences(transformer), transformer.idf_, known)
        held_out = _held_out(lessons, folds, steps.update)
        arrays = lessons.fitted(np.ones(len(corpus.texts), dtype=bool), steps.update)
        measured = _calibrate(corpus, held_out, shares, arrays)
        steps.update()
        told = {"data": corpus.fingerprints, "folds": folds, "teacher": taught.name if taught else None}
        finished = _finish(Artefact(arrays, {**measured, **told}))
        if cache is not None:
            keep_held_out(cache, finished.manifest["version"], held_out, shares)
        steps.update()
    return finished


def recalibrated(corpus: Corpus, fitted: Artefact, cache: Path) -> Artefact:
    """The same linear models under another reference mix: what train makes of this corpus, without fitting again.
    cache: the folder in which the model's training kept what was held out."""
    with np.load(held_out_path(cache, fitted.manifest["version"]), allow_pickle=False) as kept:
        held_out, shares = kept["logits"], kept["known"]
    arrays = dict(fitted.arrays)
    with one_thread():
        measured = _calibrate(corpus, held_out, shares, arrays)
    finished = _finish(Artefact(arrays, {**measured, **{name: fitted.manifest[name] for name in TOLD}}))
    keep_held_out(cache, finished.manifest["version"], held_out, shares)
    return finished


def rebanded(corpus: Corpus, fitted: Artefact, cache: Path) -> Artefact:
    """The same models and the same calibration, with bands by another share of the budget: as recalibrated, but what a
    comment scores stays as it is."""
    with np.load(held_out_path(cache, fitted.manifest["version"]), allow_pickle=False) as kept:
        held_out, shares = kept["logits"][: len(corpus.texts)], kept["known"][: len(corpus.texts)]
    scores = reject_logit(held_out, fitted.arrays["branches"])
    with one_thread():
        measured = _bands(
            corpus, scores, shares, Intervals(*fitted.arrays["intervals"]), fitted.manifest["known_floor"]
        )
    finished = _finish(Artefact(fitted.arrays, {**measured, **{name: fitted.manifest[name] for name in TOLD}}))
    keep_held_out(cache, finished.manifest["version"], held_out, shares)
    return finished


def keep_held_out(cache: Path, version: str, logits: Floats, known: Floats) -> None:
    """For what is stacked on this model: what cross_fitted gives took most of the training."""
    cache.mkdir(parents=True, exist_ok=True)
    temporary = cache / "held-out.part.npz"
    np.savez(temporary, logits=logits, known=known)
    temporary.replace(held_out_path(cache, version))


def held_out_path(cache: Path, version: str) -> Path:
    return cache / f"held-out-{version}.npz"


def cross_fitted(corpus: Corpus, folds: int, progress: bool = True, taught: bool = False) -> tuple[Floats, Floats]:
    """(n, 7) logits of each row by models that never saw it, and (n,) its share of words that other texts know.
    taught: as a model is made that has a teacher and the rows of augment."""
    whole = augmented(corpus) if taught else corpus
    with (
        one_thread(),
        tqdm(total=folds * len(ATTRIBUTES), desc="held out", unit="head", disable=not progress) as steps,
    ):
        teacher = _taught(whole, None, progress) if taught else None
        transformer, known, shares = _learn_words(whole)
        phrases = transformer.transform(teacher.phrases) if teacher else None
        features = transformer.transform(whole.texts)
        lessons = _Lessons(whole, features, teacher, phrases, differences(transformer), transformer.idf_, known)
        own = len(corpus.texts)
        return _held_out(lessons, folds, steps.update)[:own], shares[:own]


def _taught(corpus: Corpus, cache: Path | None, progress: bool) -> Teacher:
    with tqdm(desc="teacher", unit="text", disable=not progress) as read:
        return teach(corpus.texts, cache, read.update)


@dataclasses.dataclass(frozen=True)
class _Lessons:
    """All that a model is fitted on; a model of any part of the rows comes of it."""

    corpus: Corpus
    features: sparse.csr_matrix
    teacher: Teacher | None
    phrases: sparse.csr_matrix | None
    apart: sparse.csr_matrix
    idf: NDArray[np.float32]
    known: NDArray[np.uint8]

    def fitted(self, use: NDArray[np.bool_], step: Callable[[], object]) -> Arrays:
        heads = fit_heads(self.features, self.corpus, use, step, self._lesson(use), self.apart)
        return _arrays(self.idf, heads, self.known)

    def _lesson(self, use: NDArray[np.bool_]) -> Lesson | None:
        if self.teacher is None or self.phrases is None:
            return None
        weight = row_weights(self.corpus, TOXICITY)
        read = use & (weight > 0) & (np.arange(len(use)) % TEACHER_READS_EVERY == 0)
        opinions = self.teacher.opinions(self.corpus.labels[:, TOXICITY] >= 0.5, weight, read)
        return Lesson(*opinions, self.phrases)


def _held_out(lessons: _Lessons, folds: int, step: Callable[[], object]) -> Floats:
    """(n, 7) what models that never saw a row say of it, scored as the service does, with every view of a text."""
    texts = lessons.corpus.texts
    found = np.zeros((len(texts), len(ATTRIBUTES)))
    fold = (lessons.corpus.place * folds).astype(int)
    for number in range(folds):
        model = Classifier.from_arrays(lessons.fitted(fold != number, step))
        out = np.flatnonzero(fold == number)
        parts = np.array_split(out, max(1, len(out) // BATCH))
        logits = [model.logits([texts[row] for row in part.tolist()])[0] for part in parts if len(part)]
        found[out] = np.concatenate(logits) if logits else 0
    return found


def _learn_words(corpus: Corpus) -> tuple[HashedText, NDArray[np.uint8], Floats]:
    """The transformer, the set of known words, and each text's share of words that other texts know too."""
    transformer = HashedText().fit(corpus.texts)
    # What is stored has eight bits; fitting on the stored values leaves no difference between here and scoring.
    transformer.idf_ = unpack(*pack(transformer.idf_[:, None]))[:, 0]
    seen = np.zeros(1 << BITS, dtype=np.int64)
    views = [_words(corpus.texts[at : at + BATCH]) for at in range(0, len(corpus.texts), BATCH)]
    for words, _ in views:
        text_and_slot = np.unique((words.doc.astype(np.int64) << BITS) | word_bits(words))
        seen += np.bincount(text_and_slot & ((1 << BITS) - 1), minlength=1 << BITS)
    # A text's own words do not make themselves known: it takes one more text than it does when scoring.
    enough = max(2, len(corpus.texts) // TEXTS_A_KNOWN_WORD)
    others = known_words(known_set(seen, enough + 1))
    shares = np.concatenate([known_share(words, others, count) for words, count in views])
    return transformer, known_set(seen, enough), shares


def _words(texts: list[str]) -> tuple[Any, int]:
    return veiled(plain_view(*raw_codes(texts), len(texts)))[1], len(texts)


def _arrays(idf: NDArray[np.float32], heads: Heads, known: NDArray[np.uint8]) -> Arrays:
    table, scale = pack(np.column_stack([idf, heads.weights[:BUCKETS]]))
    return {
        "table": table,
        "table_scale": scale,
        "surface": heads.weights[BUCKETS:].astype(np.float32),
        "intercept": heads.intercept,
        "known": known,
    }


def _calibrate(corpus: Corpus, held_out: Floats, shares: Floats, arrays: Arrays) -> dict[str, Any]:
    """Adds what turns logits into probabilities to the arrays; gives the manifest's part about decisions."""
    reference = ref.reference_of(corpus)
    slope, shift = ref.fit_sigmoids(corpus, held_out)
    branches = ref.reject_branches(slope, shift)
    scores = reject_logit(held_out, branches)
    intervals = ref.fit_intervals(scores, reference)
    arrays |= {"slope": slope, "shift": shift, "branches": branches}
    arrays["intervals"] = np.stack([intervals.knots, intervals.low, intervals.middle, intervals.high])
    floor = float(np.quantile(shares[reference.rows], STRANGE_SHARE))
    return _bands(corpus, scores, shares, intervals, floor)


def _bands(corpus: Corpus, scores: Floats, shares: Floats, intervals: Intervals, floor: float) -> dict[str, Any]:
    reference = ref.reference_of(corpus)
    low, chances, high = intervals.at(scores[reference.rows])
    strange = shares[reference.rows] < floor
    low, high = np.where(strange, 0, low), np.where(strange, 1, high)
    point = ref.choose_bands(low, high, reference)
    return {
        "operating_point": dataclasses.asdict(point),
        "known_floor": floor,
        "bands": ref.band_table(low, high, chances, reference, point, corpus.source[reference.rows]),
    }


def _finish(artefact: Artefact) -> Artefact:
    """Name the model after its contents and write down what it says about a few texts."""
    digest = hashlib.sha256()
    for name in sorted(artefact.arrays):
        digest.update(artefact.arrays[name].tobytes())
    digest.update(json.dumps(artefact.manifest["operating_point"], sort_keys=True).encode())
    version = f"first-look-{digest.hexdigest()[:10]}"
    bare = Artefact(artefact.arrays, {**artefact.manifest, "version": version, "smoke": {}})
    scores = Classifier.from_artefact(bare).score(SMOKE_TEXTS)
    smoke = {text: round(score.p_reject, 6) for text, score in zip(SMOKE_TEXTS, scores, strict=True)}
    return Artefact(bare.arrays, {**bare.manifest, "smoke": smoke})
