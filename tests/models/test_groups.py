"""Which group a word names never reaches the model; that one is named, does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.classifier import Classifier
from models.groups import KINDS, veiled
from models.text import View, plain_view, raw_codes

WORDS = [word for words in KINDS.values() for word in words.split()]


def _plain(text: str) -> View:
    return plain_view(*raw_codes([text]), 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [("I am gay", "I am deaf"), ("All Muslims are vermin", "All Christians are vermin"), ("vote Trump", "vote Biden")],
)
def test_sentences_that_differ_by_the_group_alone_score_the_same(shipped: Classifier, one: str, other: str) -> None:
    first, second = shipped.score([one, other])
    assert first.p_reject == pytest.approx(second.p_reject, abs=1e-6)
    # The spam model alone also sees how long a text is.
    assert {**first.attributes, "spam": 0} == pytest.approx({**second.attributes, "spam": 0}, abs=1e-6)


def test_a_slur_is_no_name_of_a_group() -> None:
    assert not {"faggot", "nigger", "kike", "tranny", "retard", "spic"} & set(WORDS)


@given(st.lists(st.sampled_from([*WORDS, "the", "a", "idiot", "people"]), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_veiled_word_keeps_the_places_of_its_ends(words: list[str]) -> None:
    text = " ".join(words)
    view, found = veiled(_plain(text))
    assert len(found.start) == len(words)
    at = 0
    for start, end, word in zip(found.start.tolist(), found.end.tolist(), words, strict=True):
        assert (view.origin[start], view.origin[end - 1]) == (at, at + len(word) - 1)
        at += len(word) + 1


def test_nobody_can_write_a_veiled_word() -> None:
    sign = chr(0xF0000)
    assert _plain(f"a{sign}{sign}b").text() == "a b"


def test_texts_next_to_each_other_are_veiled_as_they_are_alone() -> None:
    texts = ["gay", "no group here", "Muslims and Jews", ""]
    together, _ = veiled(plain_view(*raw_codes(texts), len(texts)))
    alone = [veiled(_plain(text))[0].text() for text in texts]
    assert [together.text(index) for index in range(len(texts))] == alone
