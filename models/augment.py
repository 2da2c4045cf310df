"""Rows that training adds to the sources: sentences of our own, and rows with what people add to hide words."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.attributes import ATTRIBUTES, IDENTITY, INSULT, SPAM, THREAT, TOXICITY
from models.datasets import SOURCES, Corpus, places
from models.obfuscation import obfuscate
from models.written import sentences

DISGUISED = 6_000  # rows a side
SEED = 2_026
HARMLESS = (
    "love love love love thanks lol nice please peace great sunny garden coffee friend happy music today weekend "
    "kind welcome smile river bread summer book morning dinner dog cat birthday best wishes hello good day well"
).split()


def augmented(corpus: Corpus) -> Corpus:
    """The corpus with both kinds of rows behind its own. They carry no weight in the reference mix."""
    return _extended(_extended(corpus, "written", *_written()), "disguised", *_disguised(corpus))


def _written() -> tuple[list[str], list[list[float]], None]:
    texts, labels = [], []
    for made in sentences():
        row = [float("nan")] * len(ATTRIBUTES)
        row[TOXICITY], row[SPAM] = made.toxic, 0.0
        for index, value in ((IDENTITY, made.identity), (INSULT, made.insult), (THREAT, made.threat)):
            row[index] = float("nan") if value is None else value
        texts.append(made.text)
        labels.append(row)
    return texts, labels, None


def _disguised(corpus: Corpus) -> tuple[list[str], list[list[float]], Sequence[float]]:
    """Toxic and harmless rows alike with harmless words around them; of the toxic ones half with a misspelling."""
    drawn = random.Random(SEED)
    toxicity = corpus.labels[:, TOXICITY]
    short = np.array([len(text) < 300 for text in corpus.texts])
    texts, labels, place = [], [], []
    for side, toxic in ((toxicity >= 0.7, True), (toxicity <= 0.3, False)):
        rows = np.flatnonzero(side & short).tolist()
        for row in sorted(drawn.sample(rows, min(DISGUISED, len(rows)))):
            text = corpus.texts[row]
            if toxic and drawn.random() < 0.5:
                text = obfuscate(text, drawn.choice(("typos", "masked", "stretched")), drawn)
            around = " ".join(drawn.choices(HARMLESS, k=drawn.randint(2, 9)))
            texts.append(f"{text} {around}" if drawn.random() < 0.7 else f"{around} {text}")
            labels.append(corpus.labels[row].tolist())
            place.append(float(corpus.place[row]))
    return texts, labels, place


def _extended(
    corpus: Corpus, name: str, texts: list[str], labels: list[list[float]], place: Sequence[float] | None
) -> Corpus:
    index = [source.name for source in SOURCES].index(name)
    more = len(texts)
    told: dict[str, Any] = {"rows": more, "licence": SOURCES[index].licence}
    return dataclasses.replace(
        corpus,
        texts=corpus.texts + texts,
        labels=np.concatenate([corpus.labels, np.array(labels).reshape(more, len(ATTRIBUTES))]),
        weight=np.append(corpus.weight, np.full(more, SOURCES[index].weight)),
        source=np.append(corpus.source, np.full(more, index)),
        natural=np.append(corpus.natural, np.zeros(more, dtype=bool)),
        place=np.append(corpus.place, places(texts) if place is None else np.array(place)),
        fingerprints={**corpus.fingerprints, name: told},
    )
