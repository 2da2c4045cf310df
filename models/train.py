"""Fit a whole model: features, one linear model an attribute, sigmoids, reject head, intervals, bands.

Cross-fitting: every row is also scored by models that never saw it, and all that comes after the linear models
(sigmoids, head, intervals, thresholds, the figures of the card) learns from those held-out scores alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from tqdm import tqdm

from models import reference as ref
from models.artefact import Artefact
from models.attributes import ATTRIBUTES, SPAM
from models.calibration import reject_logit, sigmoid
from models.classifier import Classifier
from models.datasets import Corpus
from models.features import BATCH, BUCKETS, words_of
from models.hashed_text import HashedText
from models.heads import Heads, fit_heads
from models.knowledge import BITS, known_set, known_share, word_bits
from models.packing import pack, unpack
from models.text import plain_view, raw_codes

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]

FOLDS = 3
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


def train(corpus: Corpus, folds: int = FOLDS, progress: bool = True) -> Artefact:
    """A model out of a corpus. The same corpus on the same libraries gives the same model."""
    with tqdm(total=(folds + 1) * len(ATTRIBUTES) + 3, desc="training", unit="step", disable=not progress) as steps:
        transformer, known, shares = _learn_words(corpus)
        features = transformer.transform(corpus.texts)
        steps.update()
        held_out = _held_out(features, corpus, folds, steps.update)
        heads = fit_heads(features, corpus, np.ones(len(corpus.texts), dtype=bool), steps.update)
        arrays = _arrays(transformer.idf_, heads, known)
        measured = _calibrate(corpus, held_out, shares, arrays)
        steps.update()
        finished = _finish(Artefact(arrays, {**measured, "data": corpus.fingerprints, "folds": folds}))
        steps.update()
    return finished


def cross_fitted(corpus: Corpus, folds: int, progress: bool = True) -> tuple[Floats, Floats]:
    """(n, 7) logits of each row by models that never saw it, and (n,) its share of words that other texts know."""
    with tqdm(total=folds * len(ATTRIBUTES), desc="held out", unit="head", disable=not progress) as steps:
        transformer, _, shares = _learn_words(corpus)
        return _held_out(transformer.transform(corpus.texts), corpus, folds, steps.update), shares


def _held_out(features: sparse.csr_matrix, corpus: Corpus, folds: int, step: Callable[[], object]) -> Floats:
    held_out = np.zeros((len(corpus.texts), len(ATTRIBUTES)))
    fold = (corpus.place * folds).astype(int)
    for number in range(folds):
        heads = fit_heads(features, corpus, fold != number, step)
        held_out[fold == number] = heads.logits(features[fold == number])
    return held_out


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
    others = known_set(seen, enough + 1)
    shares = np.concatenate([known_share(words, others, count) for words, count in views])
    return transformer, known_set(seen, enough), shares


def _words(texts: list[str]) -> tuple[Any, int]:
    return words_of(plain_view(*raw_codes(texts), len(texts))), len(texts)


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
    low, _, high = intervals.at(scores[reference.rows])
    strange = shares[reference.rows] < floor
    low, high = np.where(strange, 0, low), np.where(strange, 1, high)
    spam = sigmoid(held_out[reference.rows, SPAM] * slope[SPAM] + shift[SPAM])
    point = ref.choose_bands(low, high, spam, reference)
    return {
        "operating_point": dataclasses.asdict(point),
        "known_floor": floor,
        "bands": ref.band_table(low, high, reference, point, corpus.source[reference.rows]),
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
