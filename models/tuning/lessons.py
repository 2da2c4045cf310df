"""What the encoder is tuned on: rows of the training sources, by quota, and never those that decide about it later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.attributes import ATTRIBUTES, TOXICITY
from models.datasets import OURS, SOURCES, Corpus
from models.readable import readable

# The places of the rows that are shown. The second look's blend, intervals and bands are fitted on the others.
Shown = tuple[float, float]
SHOWN: Shown = (0.0, 0.6)
# Rows an epoch. Tweets are another register, most of the neutral sentences are alike, talk in context is nearly all
# harmless; so few of each do.
MOST = {
    "wikipedia_talk_in_context": 4_000, "wikipedia_identity_neutral": 4_000, "offensive_tweets": 4_000,
    "toxic_and_neutral_rewrites": 12_000, "spam_sms": 1_000, "disguised": 6_000,
    "written": 14_000, "abroad": 7_000, "buried": 8_000,
}  # fmt: skip


@dataclass(frozen=True)
class Lessons:
    """texts (n) as the encoder reads them; labels (n, 7) shares of raters or nan; source (n,)."""

    texts: list[str]
    labels: NDArray[np.float32]
    source: NDArray[np.int64]


def lessons_of(corpus: Corpus, seed: int, places: Shown = SHOWN) -> Lessons:
    """One epoch's; another seed draws other rows where a source has more than its quota."""
    rows = rows_of(corpus, seed, places)
    labels = corpus.labels[rows].astype(np.float32)
    return Lessons([readable(corpus.texts[row]) for row in rows.tolist()], labels, corpus.source[rows])


def rows_of(corpus: Corpus, seed: int, places: Shown) -> NDArray[np.intp]:
    drawn = np.random.default_rng(seed)
    labelled = ~np.isnan(corpus.labels).all(axis=1)
    chosen = []
    for index, source in enumerate(SOURCES):
        shown = (corpus.place >= places[0]) & (corpus.place < places[1]) | (source.name in OURS)
        rows = np.flatnonzero((corpus.source == index) & labelled & shown)
        rare = np.nan_to_num(corpus.labels[rows, TOXICITY]) >= 0.5
        few = MOST.get(source.name, len(rows))
        if len(rows) > few:
            # What is toxic is kept first where it is the rarer side.
            order = np.where(rare & (rare.mean() < 0.25), 0.0, 1.0) + drawn.random(len(rows))
            rows = rows[np.argsort(order)[:few]]
        chosen.append(rows)
    return drawn.permutation(np.concatenate(chosen))


def label_weights() -> NDArray[np.float32]:
    """(7,) toxicity is what is decided by; what few sources label steers less."""
    weights = {"toxicity": 1.0, "identity_attack": 0.5, "insult": 0.4, "spam": 0.4}
    return np.array([weights.get(name, 0.2) for name in ATTRIBUTES], dtype=np.float32)
