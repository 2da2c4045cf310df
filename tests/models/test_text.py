"""The normaliser takes any string at all, in linear time, and says where each character came from."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.text import MAX_CODE_POINTS, MAX_GROWTH, looks_disguised, normalise, plain_view, raw_codes

anything = st.text(st.characters(codec=None), max_size=200) | st.text(
    st.sampled_from("aAbfoO0135@$!*.-_ '’\u200b\u202e\u0301\ud800\U000e0061ﬁﷺⅷ🅰🇺🏽ѕß½İ\n"), max_size=60
)


@given(anything)
@example("\ud800 a")
@example("a a a b c")
@example("44a b c")
@settings(max_examples=500, deadline=None)
def test_any_string_is_normalised_and_each_offset_lies_in_the_original(text: str) -> None:
    found = normalise(text)
    assert len(found.offsets) == len(found.text) <= MAX_GROWTH * len(text)
    assert all(0 <= at < len(text) for at in found.offsets)
    assert list(found.offsets) == sorted(found.offsets)


@given(anything)
@settings(max_examples=500, deadline=None)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(st.lists(anything, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_batch_reads_each_text_as_it_reads_it_alone(texts: list[str]) -> None:
    together = plain_view(*raw_codes(texts), len(texts))
    alone = [plain_view(*raw_codes([text]), 1).text() for text in texts]
    assert [together.text(index) for index in range(len(texts))] == alone


@pytest.mark.parametrize(
    ("disguised", "meant"),
    [
        ("You are an 1d10t", "you are an idiot"),
        ("st.upid", "stupid"),
        ("f o o l", "fool"),
        ("s h 1 t", "shit"),
        ("fooooool", "fol"),
        ("@ss", "ass"),
        ("ｉｄｉｏｔ", "idiot"),
        ("іdіоt", "idiot"),
        ("i\u200bd\u200bi\u200bo\u200bt", "idiot"),
        ("i\u0335d\u0336iot", "idiot"),
        ("\u202eidiot", "idiot"),
        ("𝖎𝖉𝖎𝖔𝖙", "idiot"),
        ("🅸🅳🅸🅾🆃", "idiot"),
        ("f**k", "f**k"),
        ("don't", "dont"),
        ("Wow!", "wow"),
        ("kick my @$$!", "kick my ass"),
        ("what an @5$, 4$$", "what an ass ass"),
        ("45$, @55, $$$ and two @$5", "45 55 and two 5"),
        ("US$ at a$$b@$$.org", "us at assbassorg"),
    ],
)
def test_a_disguise_is_undone(disguised: str, meant: str) -> None:
    assert normalise(disguised).text == meant


def test_the_offsets_point_at_the_letters_that_were_disguised() -> None:
    found = normalise("an i\u200bd10t!")
    assert found.text == "an idiot"
    assert ["an i\u200bd10t!"[at] for at in found.offsets] == list("an id10t")


@pytest.mark.parametrize(
    "unit", ["\u0f71\u0f72", "\ufdfa", "a\u0301", "a ", "a.", "1a", "*", "aaa ", "\U0001f468\u200d", "\ud800"]
)
def test_time_and_size_stay_bounded_on_hostile_runs(unit: str) -> None:
    normalise(unit)
    began = time.process_time()
    found = normalise(unit * 20_000)
    assert time.process_time() - began < 0.25
    assert len(found.text) <= MAX_GROWTH * MAX_CODE_POINTS


@pytest.mark.parametrize(("text", "odd"), [("kick his @$$ now", True), ("two at @$5 or 45$ each", False), ("$", False)])
def test_signs_alone_are_a_disguise_and_prices_are_none(text: str, odd: bool) -> None:
    codes, _, doc = raw_codes([text])
    assert looks_disguised(codes, doc, 1).tolist() == [odd]
