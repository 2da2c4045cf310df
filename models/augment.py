"""Rows that training adds to the sources: sentences of our own, and rows with what people add to hide words."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.attributes import ATTRIBUTES, IDENTITY, INSULT, SPAM, THREAT, TOXICITY
from models.datasets import SOURCES, Corpus, places
from models.evenhanded import TIMES, pairs
from models.obfuscation import obfuscate
from models.written import Written, other_languages, sentences

DISGUISED = 6_000  # rows a side
BURIED = 5_000  # rows a side
# Of what a buried text is made: characters.
SHORT, ROUND_ABOUT = 200, 400
JOINED = 90
ABUSIVE = ("wikipedia_talk", "civil_comments_spans", "hatemoji")
FRIENDLY = ("wikipedia_talk", "wikipedia_talk_in_context", "wikipedia_identity_neutral", "toxic_and_neutral_rewrites")
SEED = 2_026
HARMLESS = (
    "love love love love thanks lol nice please peace great sunny garden coffee friend happy music today weekend "
    "kind welcome smile river bread summer book morning dinner dog cat birthday best wishes hello good day well"
).split()
Made = tuple[list[str], list[list[float]], Sequence[float] | None]  # texts, labels, places


def augmented(corpus: Corpus) -> Corpus:
    """The corpus and, behind it, the written and the disguised rows, which carry no weight in the reference mix."""
    written = chain(sentences(), _opinions())
    return _extended(_extended(corpus, "written", *_written(written)), "disguised", *_disguised(corpus))


def augmented_for_encoders(corpus: Corpus) -> Corpus:
    """And with what the first look has no use for: other languages, whose words it must not know, and abuse buried in
    other people's sentences, which it finds by reading stretches."""
    abroad = (one for language in other_languages() for one in sentences(language))
    return _extended(_extended(augmented(corpus), "abroad", *_written(abroad)), "buried", *_buried(corpus))


def _opinions() -> Iterator[Written]:
    """Both sides of every third pair: a view is harmless whichever it is."""
    return (Written(side, 0.0, 0.0, 0.0, 0.0) for pair in pairs()[::TIMES] for side in pair)


def _written(made_up: Iterable[Written]) -> Made:
    texts, labels = [], []
    for made in made_up:
        row = [float("nan")] * len(ATTRIBUTES)
        row[TOXICITY], row[SPAM] = made.toxic, 0.0
        for index, value in ((IDENTITY, made.identity), (INSULT, made.insult), (THREAT, made.threat)):
            row[index] = float("nan") if value is None else value
        texts.append(made.text)
        labels.append(row)
    return texts, labels, None


def _disguised(corpus: Corpus) -> Made:
    """Toxic and harmless rows alike with harmless words around them; of the toxic ones half with a misspelling."""
    toxicity = corpus.labels[:, TOXICITY]
    short = np.array([len(text) < 300 for text in corpus.texts])

    def disguise(text: str, toxic: bool, drawn: random.Random) -> str:
        if toxic and drawn.random() < 0.5:
            text = obfuscate(text, drawn.choice(("typos", "masked", "stretched")), drawn)
        around = " ".join(drawn.choices(HARMLESS, k=drawn.randint(2, 9)))
        return f"{text} {around}" if drawn.random() < 0.7 else f"{around} {text}"

    return _changed(corpus, short & (toxicity >= 0.7), short & (toxicity <= 0.3), DISGUISED, disguise)


def _buried(corpus: Corpus) -> Made:
    """Toxic and harmless rows alike among other people's harmless sentences, some without their spaces; of the toxic
    ones half with their strong words in disguise."""
    toxicity = corpus.labels[:, TOXICITY]
    lengths = np.array([len(text) for text in corpus.texts])
    abusive = _of(corpus, ABUSIVE) & (toxicity >= 0.7)
    harmless = _of(corpus, FRIENDLY) & (toxicity <= 0.1)
    friendly = np.flatnonzero(harmless & (lengths <= ROUND_ABOUT) & (lengths >= 20)).tolist()

    def bury(text: str, toxic: bool, drawn: random.Random) -> str:
        if toxic and drawn.random() < 0.5:
            text = obfuscate(text, drawn.choice(("typos", "masked", "leet", "spacing", "homoglyph")), drawn)
        return _hidden(text, corpus.texts[drawn.choice(friendly)], drawn)

    short = lengths <= SHORT
    return _changed(corpus, short & abusive, short & harmless, BURIED, bury)


def _of(corpus: Corpus, names: Sequence[str]) -> NDArray[np.bool_]:
    return np.logical_or.reduce([corpus.rows_of(name) for name in names])


def _changed(
    corpus: Corpus, abusive: NDArray[np.bool_], harmless: NDArray[np.bool_], most: int,
    change: Callable[[str, bool, random.Random], str],
) -> Made:  # fmt: skip
    """At most so many rows a side, each as change makes it, with its labels and its place."""
    drawn = random.Random(SEED)
    texts, labels, place = [], [], []
    for side, toxic in ((abusive, True), (harmless, False)):
        rows = np.flatnonzero(side).tolist()
        for row in sorted(drawn.sample(rows, min(most, len(rows)))):
            texts.append(change(corpus.texts[row], toxic, drawn))
            labels.append(corpus.labels[row].tolist())
            place.append(float(corpus.place[row]))
    return texts, labels, place


def _hidden(text: str, friendly: str, drawn: random.Random) -> str:
    if len(text) <= JOINED and drawn.random() < 0.5:
        return "".join(text.split())
    before, after = drawn.choice(((friendly, ""), ("", friendly), (friendly[: len(friendly) // 2], friendly)))
    return f"{before} {text} {after}".strip()


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
