"""What training adds to the sources: sentences of our own in six languages, and abuse that is hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.attributes import TOXICITY
from models.augment import augmented, augmented_for_encoders
from models.datasets import Corpus, read
from models.written import ENGLISH, other_languages, sentences

EXCERPTS = Path(__file__).parent.parent / "excerpts" / "comments"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read(EXCERPTS)


@pytest.mark.parametrize("language", [ENGLISH, *other_languages()])
def test_every_language_says_both_what_may_be_said_and_what_may_not(language: str) -> None:
    made = list(sentences(language))
    assert 0.2 < np.mean([one.toxic for one in made]) < 0.8
    assert not [one.text for one in made if "{" in one.text or "}" in one.text]
    assert made == list(sentences(language)), "the same seed, the same sentences"
    harmless, toxic = ({one.text.lower().rstrip(".") for one in made if one.toxic == side} for side in (0, 1))
    assert not harmless & toxic, "no sentence is called both"


def test_the_first_look_is_shown_no_other_language(corpus: Corpus) -> None:
    assert not augmented(corpus).rows_of("abroad").any()
    assert augmented_for_encoders(corpus).rows_of("abroad").sum() > 1_000


@pytest.mark.parametrize("extended", [augmented, augmented_for_encoders])
def test_the_corpus_comes_first_and_stays_as_it_was(corpus: Corpus, extended: Callable[[Corpus], Corpus]) -> None:
    whole, own = extended(corpus), len(corpus.texts)
    assert whole.texts[:own] == corpus.texts
    assert np.array_equal(whole.labels[:own], corpus.labels, equal_nan=True)
    assert len({len(whole.texts), len(whole.labels), len(whole.source), len(whole.place), len(whole.weight)}) == 1


def test_a_buried_row_keeps_the_label_and_the_place_of_what_it_hides(corpus: Corpus) -> None:
    """So no calibration takes a text for unseen of which an encoder was shown a disguise."""
    whole = augmented_for_encoders(corpus)
    buried = np.flatnonzero(whole.rows_of("buried"))
    assert 0.2 < (whole.labels[buried, TOXICITY] >= 0.5).mean() < 0.8
    assert set(whole.place[buried].tolist()) <= set(corpus.place.tolist())
