"""Read the training sources and translate their labels into the seven attributes, with weights.

A label that a source does not give is nan: no row teaches what its raters were never asked.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.attributes import ATTRIBUTES, IDENTITY, INSULT, OBSCENE, THREAT
from models.text import plain_view, raw_codes

Row = dict[str, Any]
Labels = list[float]
NAN = float("nan")
MAX_TRAINING_CHARS = 1_500


class NoTrainingData(Exception):
    """A folder holds none of the sources, or a row cannot be read."""


@dataclass(frozen=True)
class Source:
    """weight: how much a row counts when fitting. mix: share and reject rate in the reference mix (see below)."""

    name: str
    licence: str
    translate: Callable[[Row], Labels]
    weight: float
    mix: tuple[float, float] | None = None


@dataclass(frozen=True)
class Corpus:
    """texts (n); labels (n, 7) shares of raters or nan; weight (n,); source (n,) index into SOURCES;
    natural (n,) sampled at its real rate; place (n,) in [0, 1), the same for texts that read the same."""

    texts: list[str]
    labels: NDArray[np.float64]
    weight: NDArray[np.float64]
    source: NDArray[np.int64]
    natural: NDArray[np.bool_]
    place: NDArray[np.float64]
    fingerprints: dict[str, dict[str, Any]]

    def part(self, rows: NDArray[np.int64]) -> Corpus:
        return Corpus(
            [self.texts[row] for row in rows.tolist()], self.labels[rows], self.weight[rows], self.source[rows],
            self.natural[rows], self.place[rows], self.fingerprints,
        )  # fmt: skip

    def rows_of(self, name: str) -> NDArray[np.bool_]:
        return self.source == [source.name for source in SOURCES].index(name)


def _labels(**known: float) -> Labels:
    return [known.get(name, NAN) for name in ATTRIBUTES]


def _talk(row: Row) -> Labels:
    given = row["labels"]
    values = [given["toxic"], given["severe_toxic"], given["obscene"], given["insult"], given["threat"]]
    return [*map(float, values), float(given["identity_hate"]), 0.0]


def _harmless_or_toxic(row: Row) -> Labels:
    """A text that is not toxic is none of its kinds either; a toxic one is of unknown kind."""
    toxic = float(row["labels"]["toxic"])
    return [toxic, *([0.0] * 5 if toxic == 0 else [NAN] * 5), 0.0]


def _civil(row: Row) -> Labels:
    share, kinds = float(row["labels"]["toxic"]), [span[2] for span in row["spans"]]
    labels = [share, NAN, 0.0, 0.0, 0.0, 0.0, 0.0]
    for prefix, index in (("Profane", OBSCENE), ("Insult", INSULT), ("Threat", THREAT), ("Identity", IDENTITY)):
        marks = sum(kind.startswith(prefix) for kind in kinds)
        # One mark by one rater of several is a doubtful case: it teaches neither side.
        labels[index] = NAN if 0 < marks < row["raters"] / 2 else float(marks > 0)
    return labels


def _hateful(row: Row) -> Labels:
    hateful = float(row["labels"]["hateful"])
    return _labels(toxicity=hateful, identity_attack=hateful, spam=0.0)


def _tweet(row: Row) -> Labels:
    hateful, offensive = row["labels"]["hateful"], row["labels"]["offensive"]
    return _labels(toxicity=min(1.0, hateful + offensive), identity_attack=hateful)


def _rewrite(row: Row) -> Labels:
    return _labels(toxicity=float(row["labels"]["toxic"]), spam=0.0)


def _spam(row: Row) -> Labels:
    return _labels(spam=float(row["labels"]["spam"]))


# mix: what p_reject is calibrated on, as (share of all comments, share of those to reject). The rate is restored by
# weights where a source was sampled at another; docs/model_card.md says why these numbers.
SOURCES = (
    Source("wikipedia_talk", "CC0, text CC BY-SA 3.0", _talk, 1.0, (0.67, 0.096)),
    Source("wikipedia_talk_in_context", "Apache-2.0, text CC BY-SA", _harmless_or_toxic, 0.5, (0.10, 0.011)),
    Source("wikipedia_identity_neutral", "Apache-2.0, text CC BY-SA", _harmless_or_toxic, 1.5),
    Source("civil_comments_spans", "CC0", _civil, 1.0, (0.10, 0.11)),
    Source("hatemoji", "CC BY 4.0", _hateful, 0.7),
    Source("forum_hate_sentences", "CC BY-SA 3.0", _hateful, 0.5),
    Source("offensive_tweets", "MIT", _tweet, 0.15),
    Source("toxic_and_neutral_rewrites", "CC0", _rewrite, 0.7, (0.05, 0.10)),
    Source("spam_youtube", "CC BY 4.0", _spam, 1.0, (0.08, 0.25)),
    Source("spam_sms", "CC BY 4.0", _spam, 0.4),
    # Made by augment, of our own frames and of the rows above.
    Source("written", "Apache-2.0, our own", _rewrite, 0.5),
    Source("disguised", "as the sources of its rows", _rewrite, 0.3),
    # For encoders alone.
    Source("abroad", "Apache-2.0, our own", _rewrite, 0.3),
    Source("buried", "as the sources of its rows", _rewrite, 0.3),
)

OURS = ("written", "abroad")  # sources that are never measured on, so that all of their rows may be learnt from


def read(folder: Path) -> Corpus:
    """All the sources that the folder has. Sets without a clear licence are never read here."""
    texts: list[str] = []
    labels: list[Labels] = []
    weight: list[float] = []
    source_of: list[int] = []
    natural: list[bool] = []
    fingerprints: dict[str, dict[str, Any]] = {}
    for index, source in enumerate(SOURCES):
        path = find(folder, source.name)
        if path is None:
            continue
        before = len(texts)
        for row in rows(path):
            texts.append(row["text"][:MAX_TRAINING_CHARS])
            labels.append(source.translate(row))
            weight.append(source.weight)
            source_of.append(index)
            natural.append(bool(row.get("natural_rate", True)))
        fingerprints[source.name] = {
            "rows": len(texts) - before,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "licence": source.licence,
        }
    if not texts:
        wanted = ", ".join(source.name for source in SOURCES)
        raise NoTrainingData(f"{folder} holds none of {wanted} (.jsonl or .jsonl.xz)")
    return Corpus(
        texts,
        np.array(labels),
        np.array(weight),
        np.array(source_of),
        np.array(natural),
        places(texts),
        fingerprints,
    )


def find(folder: Path, name: str) -> Path | None:
    return next((path for end in (".jsonl.xz", ".jsonl") if (path := folder / (name + end)).is_file()), None)


def rows(path: Path) -> Iterator[Row]:
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise NoTrainingData(f"{path.name}, line {number}: {error}") from error


def places(texts: Sequence[str]) -> NDArray[np.float64]:
    """A place in [0, 1) for each text, drawn by its letters and digits, so that near-copies fall on one side."""
    found = np.empty(len(texts))
    for index, text in enumerate(texts):
        plain = plain_view(*raw_codes([text]), 1).text()
        digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        found[index] = int.from_bytes(digest, "big") / 2**64
    return found
