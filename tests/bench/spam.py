"""Spam, as F1: YouTube comments with one video left out at a time, SMS in five parts.

`python -m tests.bench.spam --data DIR --cache DIR --write docs/model_card.md`

A spam model of the first look's kind, and one on sentence vectors as the second look has it, are fitted on the set less
the part that is left out. Called spam is what lies above even odds, by a sigmoid that learnt from the scores of the
other parts, each by a model that had not seen it. Together: the sum of both logits, each at its own spread.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.attributes import SPAM
from models.calibrating import fit_sigmoid
from models.datasets import Corpus, find, read, rows
from models.encoder import Encoder
from models.encoder_views import STRENGTH as ENCODERS_STRENGTH
from models.hashed_text import HashedText
from models.heads import STRENGTH
from models.marked_part import write_between
from models.metrics import interval
from models.one_thread import one_thread
from models.vector_cache import cached_vectors
from models.word_list import listed_words

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]
SMS_PARTS = 5
MARKS = ("<!-- figures: python -m tests.bench.spam -->\n", "<!-- end of spam -->\n")


def f1(truth: Truth, said: Truth) -> float:
    return float(2 * (truth & said).sum() / max(1, truth.sum() + said.sum()))


def parts_of(corpus: Corpus, folder: Path, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the corpus, and to which part each belongs: its video, or one of five by its letters."""
    mine, path = np.flatnonzero(corpus.rows_of(name)), find(folder, name)
    if name == "spam_youtube" and path is not None:
        return mine, np.unique([row["video"] for row in rows(path)], return_inverse=True)[1]
    return mine, (corpus.place[mine] * SMS_PARTS).astype(np.int64)


def left_out(features: Any, truth: Truth, part: NDArray[np.int64], strength: float) -> Floats:
    """(n,) logits of each row by a model that had not seen its part."""
    said = np.zeros(len(truth))
    for number in np.unique(part):
        out = part == number
        model = LogisticRegression(C=strength, max_iter=300).fit(features[~out], truth[~out])
        said[out] = model.decision_function(features[out])
    return said


def called_spam(said: Floats, truth: Truth, part: NDArray[np.int64]) -> Truth:
    """At even chances, by a sigmoid that learnt from the other parts."""
    found = np.zeros(len(said), dtype=bool)
    for number in np.unique(part):
        out = part == number
        slope, shift = fit_sigmoid(said[~out], truth[~out], np.ones(int((~out).sum())))
        found[out] = slope * said[out] + shift > 0
    return found


def report(folder: Path, cache: Path) -> str:
    corpus, reader = read(folder), Encoder()
    lines = [
        "| F1 of spam [95%] | first look | encoder's head | together | word list | all called spam |",
        "|---|---|---|---|---|---|",
    ]
    for name, how in (("spam_youtube", "one video left out at a time"), ("spam_sms", "five parts")):
        mine, part = parts_of(corpus, folder, name)
        truth = corpus.labels[mine, SPAM] >= 0.5
        texts = [corpus.texts[row] for row in mine]
        grams = HashedText().fit(texts).transform(texts)
        grams = grams[:, np.flatnonzero(np.bincount(grams.indices, minlength=grams.shape[1]))]
        vectors = cached_vectors(reader, texts, cache, progress=False)
        vectors = (vectors - vectors.mean(axis=0)) / (vectors.std(axis=0) + 1e-6)
        first = left_out(grams, truth, part, STRENGTH[SPAM])
        encoder = left_out(vectors, truth, part, ENCODERS_STRENGTH)
        together = first / first.std() + encoder / encoder.std()
        cells = [_cell(truth, called_spam(said, truth, part)) for said in (first, encoder, together)]
        listed = listed_words(texts) > 0
        cells += [f"{f1(truth, listed):.3f}", f"{f1(truth, np.ones_like(truth)):.3f}"]
        lines.append(f"| {name}, {how} ({len(mine):,} rows) | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def _cell(truth: Truth, said: Truth) -> str:
    low, high = interval(lambda drawn: f1(truth[drawn], said[drawn]), len(truth))
    return f"{f1(truth, said):.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of training sources")
    parser.add_argument("--cache", type=Path, required=True, help="where sentence vectors are kept")
    parser.add_argument("--write", type=Path, help="a Markdown file whose part between the marks is replaced")
    options = parser.parse_args()
    with one_thread():
        text = report(options.data, options.cache)
    if options.write:
        write_between(options.write, MARKS, text)
    print(text)


if __name__ == "__main__":
    main()
