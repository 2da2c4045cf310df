"""Abuse among many harmless words is heard by the second look too, and leads to a person, not to a rejection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import shelf
from models.attributes import SPAM, TOXICITY
from models.classifier import Classifier
from models.loud_stretch import MOST, MOST_JOINED, WORDS, Loudest, lifted, loudest
from models.readable import said_twice
from models.second_look import SecondLook
from models.text import MAX_CODE_POINTS

INSULT = "You are a stupid fucking idiot and everybody here hates you, go and die somewhere, you piece of shit."
FRIENDLY = (
    "The council meets on Tuesday at seven in the library, and the bakery next to it has new opening hours. Thank you "
    "for the recipe, the soup was warm and the bread came out well. "
)


@pytest.fixture(scope="module")
def second() -> SecondLook:
    return SecondLook.open(shelf.SHIPPED)


def test_the_stretch_that_is_read_again_is_the_one_with_the_abuse(shipped: Classifier) -> None:
    buried = f"{FRIENDLY * 3}{INSULT} {FRIENDLY * 3}"
    found = loudest(shipped, [INSULT, FRIENDLY * 3, buried, "", f"{INSULT} {FRIENDLY}"])
    assert found.rows.tolist() == [2, 4], "short texts are read as a whole, and quiet ones are not read again"
    assert all("stupid fucking idiot" in text and len(text.split()) == WORDS for text in found.texts)
    assert found.times[0] > found.times[1] > 1


def test_no_more_is_read_than_of_any_text(shipped: Classifier) -> None:
    assert not loudest(shipped, ["well " * MAX_CODE_POINTS + INSULT]).texts
    assert not loudest(shipped, ["w" * MAX_CODE_POINTS, " " * 50]).texts


def test_only_so_much_is_cut_into_words(shipped: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[int] = []
    monkeypatch.setattr("models.loud_stretch.readable", lambda part: str(cut.append(len(part)) or part))
    loudest(shipped, [" ".join("xqjzkvwygbfpmthdlcrnusoeia" * 50 for _ in range(MAX_CODE_POINTS // 1_300))])
    assert 0 < sum(cut) <= MOST_JOINED


def test_a_stretch_only_raises_toxicity_and_only_so_far() -> None:
    logits = np.zeros((3, 7)) - 4
    logits[2] = 3
    stretch = Loudest(np.array([1, 2]), ["one", "other"], np.array([1.0, 1.0]))
    found = lifted(logits, stretch, np.full((2, 7), 5.0))
    assert (found[0] == -4).all() and (found[2] == 3).all()
    assert found[1, TOXICITY] == MOST and found[1, SPAM] == -4
    assert (lifted(logits, stretch, np.full((2, 7), -5.0)) == logits).all()
    longer = replace(stretch, times=np.array([20.0, 20.0]))
    assert lifted(logits, longer, np.full((2, 7), -0.3))[1, TOXICITY] < 0, "the loudest of many is loud by chance"


def test_padding_no_longer_hides_an_insult_from_both_looks(second: SecondLook) -> None:
    buried = f"{FRIENDLY * 4}{INSULT} {FRIENDLY * 4}"
    assert second.in_stretches
    alone, heard, friendly = second.score([INSULT, buried, FRIENDLY * 9])
    unheard = replace(second, in_stretches=False).score([INSULT, buried, FRIENDLY * 9])
    assert alone.p_reject > 0.9 and heard.p_reject >= 0.5 > unheard[1].p_reject
    assert second.band_of(heard) == "review"
    assert friendly == unheard[2] and alone == unheard[0]
    assert second.basis([buried]).prior[0] == pytest.approx(MOST, abs=0.1), "a site's own head starts from the same"


def test_a_long_text_without_spaces_has_its_stretches_too(second: SecondLook) -> None:
    buried = f"{FRIENDLY * 5}{INSULT} {FRIENDLY * 5}"
    joined = buried.replace(" ", "")
    found = loudest(second.first, [joined, (FRIENDLY * 4).replace(" ", "")])
    assert found.rows.tolist() == [0] and "stupid fucking idiot" in found.texts[0]
    heard, unheard = (look.score([joined])[0] for look in (second, replace(second, in_stretches=False)))
    assert heard.p_reject >= 0.5 > unheard.p_reject


def test_what_is_said_over_and_over_counts_twice_at_most(second: SecondLook) -> None:
    twice, often = second.score([f"{INSULT} love love", f"{INSULT} love Love, love! LOVE love love love"])
    assert often == twice
    assert said_twice("f.u.u.u.u.c.k you, y o o o u") == "f.u.u.u.u.c.k you, y o o o u"
