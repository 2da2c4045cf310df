"""The nearest of the remembered texts, for the precedents."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.similarity import NearestTexts

STOP = "The council should never have moved the bus stop."
STOPPED = "The council should not have moved that bus stop!"
CAKE = "My grandmother's recipe for plum cake takes half the sugar."


def _remembering(**texts: str) -> NearestTexts:
    nearest = NearestTexts(10)
    nearest.add(list(texts), list(texts.values()))
    return nearest


def test_the_most_similar_text_comes_first() -> None:
    nearest = _remembering(stop=STOP, cake=CAKE)
    (found,) = nearest.nearest([STOPPED], 2)
    assert [one.key for one in found] == ["stop", "cake"]
    assert found[0].similarity > 0.5 > 0.2 > found[1].similarity


def test_the_same_text_is_as_similar_as_can_be_and_case_and_accents_change_nothing() -> None:
    nearest = _remembering(stop=STOP, cake=CAKE)
    (same,), (tricked,) = nearest.nearest([STOP, STOP.upper().replace("O", "Ó")], 1)
    assert same.similarity > 0.999
    assert tricked.key == "stop" and tricked.similarity > 0.9


def test_what_was_added_longest_ago_is_forgotten_first() -> None:
    nearest = NearestTexts(2)
    for key, text in (("a", STOP), ("b", CAKE), ("c", "Something else altogether")):
        nearest.add([key], [text])
    assert [key in nearest for key in "abc"] == [False, True, True]
    assert len(nearest) == 2


def test_a_key_that_is_added_again_replaces_its_text() -> None:
    nearest = _remembering(one=STOP)
    nearest.add(["one"], [CAKE])
    ((found,),) = nearest.nearest([CAKE], 5)
    assert found.similarity > 0.999


def test_a_forgotten_key_is_not_found() -> None:
    nearest = _remembering(stop=STOP, cake=CAKE)
    nearest.forget("stop")
    ((found,),) = nearest.nearest([STOP], 5)
    assert found.key == "cake"
    nearest.forget("never there")


def test_nothing_remembered_finds_nothing() -> None:
    assert NearestTexts().nearest([STOP, CAKE], 3) == [[], []]
    assert _remembering(stop=STOP).nearest([], 3) == []


@given(st.lists(st.text(max_size=80), max_size=6), st.lists(st.text(max_size=80), max_size=6))
@settings(deadline=None)
def test_any_text_can_be_remembered_and_compared(remembered: list[str], asked: list[str]) -> None:
    nearest = NearestTexts()
    nearest.add([str(number) for number in range(len(remembered))], remembered)
    found = nearest.nearest(asked, 3)
    assert len(found) == len(asked)
    assert all(0 <= one.similarity <= 1 for each in found for one in each)
