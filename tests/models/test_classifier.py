"""The shipped model scores anything, alone as in a batch, and says exactly why."""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.attributes import ATTRIBUTES
from models.calibration import reject_logit
from models.classifier import Classifier
from models.explain import reasons
from models.reading import read

ABUSE = "You are a complete idiot and everyone here hates you."
CIVIL = "Thank you, that was a thoughtful article about the new bridge."
SPAM = "Subscribe to my channel and win a free iphone at http://example.com/win !!!"


def test_abuse_is_not_approved_civil_words_are_and_spam_is_called_spam(shipped: Classifier) -> None:
    abuse, civil, spam = shipped.score([ABUSE, CIVIL, SPAM])
    assert shipped.band_of(civil) == "auto_approve"
    assert shipped.band_of(abuse) in ("review", "auto_reject")
    assert abuse.attributes["insult"] > 0.9 > 0.1 > civil.attributes["insult"]
    assert spam.attributes["spam"] > 0.9
    assert shipped.band_of(spam) in ("review", "auto_spam")


@pytest.mark.parametrize(
    "text",
    [
        "Das ist doch alles Unsinn, was hier geschrieben wird, und niemand glaubt es mehr.",
        "Il n'y a rien de vrai dans cet article, et vous le savez très bien.",
        "Esta noticia no tiene ningún sentido y todos lo sabemos desde hace años.",
        "Это полная ерунда, и все это прекрасно знают.",
        "この記事は本当に役に立ちました。",
        "هذا المقال مفيد جدا شكرا لكم",
    ],
)
def test_a_language_that_the_model_does_not_know_waits_for_a_person(shipped: Classifier, text: str) -> None:
    score = shipped.score([text])[0]
    assert (score.low, score.high) == (0.0, 1.0)
    assert shipped.band_of(score) == "review"


@given(st.lists(st.text(st.characters(codec=None), max_size=300), min_size=1, max_size=6))
@example(["", "0000!"])  # by some processors' matrix products
@settings(max_examples=150, deadline=None)
def test_any_batch_scores_as_its_texts_do_alone(texts: list[str]) -> None:
    model = _shipped()
    for together, text in zip(model.score(texts), texts, strict=True):
        alone = model.score([text])[0]
        assert 0 <= together.low <= together.p_reject <= together.high <= 1
        assert list(together.attributes) == list(ATTRIBUTES)
        assert together == alone
        assert all(0 <= span.start < span.end <= len(text) for span in model.explain(text))


@pytest.mark.parametrize("text", [ABUSE, CIVIL, SPAM, "", "y0u st.upid f o o l", "f u c k off, 1d10t 🖕🏽", "a\ud800b"])
def test_the_shares_of_the_characters_add_up_to_the_reject_logit(shipped: Classifier, text: str) -> None:
    reading = read(shipped, [CIVIL, text, SPAM], in_order=True)
    why = reasons(reading, shipped.table, shipped.branches)
    of = reading.rows.text[reading.rows.ngrams.view.doc]
    shares = np.bincount(of, weights=why.shares, minlength=3) + why.constants
    assert shares == pytest.approx(reject_logit(reading.logits, shipped.branches), abs=1e-4)


def test_the_marked_words_are_the_words_at_their_places(shipped: Classifier) -> None:
    text = "Well, my dear \u200bi.d.i.o.t, thank you."
    heaviest = max(shipped.explain(text), key=lambda span: span.weight)
    assert text[heaviest.start : heaviest.end] == "i.d.i.o.t"


@pytest.mark.parametrize("disguised", ["you 1d10t", "you i d i o t", "you іdіоt", "you id\u200biot", "you i.d.i.o.t"])
def test_a_disguised_insult_scores_like_the_plain_one(shipped: Classifier, disguised: str) -> None:
    plain, found = shipped.score(["you idiot", disguised])
    assert found.p_reject > plain.p_reject - 0.1


def test_a_score_takes_less_than_five_milliseconds_and_a_batch_is_faster(shipped: Classifier) -> None:
    """Ten times the measured time: enough to catch a loop in Python, not a busy machine."""
    texts = [f"{CIVIL} {number} {ABUSE}" for number in range(256)]
    shipped.score(texts[:10])
    single = []
    for text in texts[:100]:
        began = time.process_time()
        shipped.score([text])
        single.append(time.process_time() - began)
    began = time.process_time()
    shipped.score(texts)
    assert statistics.median(single) < 0.005
    assert (time.process_time() - began) / len(texts) < statistics.median(single)


def test_the_longest_and_oddest_text_scores_in_less_than_fifty_milliseconds(shipped: Classifier) -> None:
    shipped.score(["warm"])
    for unit in ("\ufdfa", "a ", "1a.", "\u0f71\u0f72", "é!", "\U0001f468\u200d"):
        times = []
        for _ in range(3):
            began = time.process_time()
            shipped.score([unit * 10_000])
            times.append(time.process_time() - began)
        assert min(times) < 0.05, unit


def test_the_interval_holds_the_truth_it_was_fitted_for(shipped: Classifier) -> None:
    knots = np.sort(np.random.default_rng(1).normal(0, 5, 1_000))
    low, middle, high = shipped.intervals.at(knots)
    assert (low <= middle).all() and (middle <= high).all()
    assert (np.diff(low) >= 0).all() and (np.diff(high) >= 0).all()


def _shipped() -> Classifier:
    from models.shelf import open_current

    global _OPENED
    _OPENED = _OPENED or open_current()
    return _OPENED


_OPENED: Classifier | None = None
