"""Mutated and hostile texts up to the size limit: no exception, none slow."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from models.classifier import Classifier
from models.obfuscation import KINDS, obfuscate
from models.text import MAX_CODE_POINTS

MANY = int(os.environ.get("HOSTILE_TEXTS", "1000000"))
SLOWEST_S = 0.05
SEEDS = (
    "You are a stupid idiot, go away.",
    "Thank you, that was a thoughtful article.",
    "f**k y0u st.upid f o o l",
    "\u202eidiot\u202c \u200b\u200d\ufeff",
    "<script>alert('x')</script>",
    "'; DROP TABLE comments; --",
    "{{7*7}}${7*7}",
    "\x00\x01\x7f\ud800\udfff",
    "Z\u0351\u036b\u0343a\u0322l\u0348go" * 3,
    "👩‍👩‍👧‍👦🏳️‍🌈🇺🇳",
    "ﷺﷺ",
    "ÅΩﬃ",
    "السلام عليكم",
    "youareallabunchofidiotsandmorons",
    "*" * 40,
    "a*" * 40,
    "((((((((((",
    "%s%n%x",
    "https://example.com/?a=b&c=%00",
    "\r\n\t ",
)
SIGNS = "aAeEoO0135@$!*.-_ '’\u200b\u202e\u0301\ud800\U000e0061ﬁﷺⅷ🅰🇺🏽ѕß½İ\n\U0010ffff"


def _texts(count: int, drawn: random.Random) -> Iterator[str]:
    for number in range(count):
        text = drawn.choice(SEEDS)
        for _ in range(drawn.randint(0, 4)):
            text = _mutated(text, drawn)
        yield text[: MAX_CODE_POINTS + 10] if number % 500 else (text or " ") * (MAX_CODE_POINTS // max(len(text), 1))


def _mutated(text: str, drawn: random.Random) -> str:
    at, end = sorted((drawn.randint(0, len(text)), drawn.randint(0, len(text))))
    how = drawn.randrange(6)
    if how == 0:
        return text[:at] + "".join(drawn.choices(SIGNS, k=drawn.randint(1, 9))) + text[at:]
    if how == 1:
        return text[:at] + text[end:]
    if how == 2:
        return text[:end] + text[at:end] * drawn.randint(1, 12) + text[end:]
    if how == 3:
        return text + drawn.choice(("", " ")) + drawn.choice(SEEDS)
    if how == 4:
        return obfuscate(text[:400], drawn.choice(KINDS), drawn)
    return text[:at] + chr(drawn.randrange(0x110000)) + text[at:]


def _fire(model: Classifier, count: int, seed: int, together: int = 1) -> list[tuple[float, str]]:
    """Texts that were slow three times over, with their best time: one pause of the machine is not the text's fault.

    Where so many together take no longer than one may, none of them alone does.
    """
    drawn, slow = random.Random(seed), []
    model.look(["warm"])
    gc.freeze()
    texts = _texts(count, drawn)
    while some := list(islice(texts, together)):
        if _seconds(model, some) > SLOWEST_S:
            times = {text: min(_seconds(model, [text]) for _ in range(3)) for text in some}
            slow += [(took, text[:80]) for text, took in times.items() if took > SLOWEST_S]
    return slow


def _seconds(model: Classifier, texts: list[str]) -> float:
    began = time.process_time()
    found = model.look(texts)
    took = time.process_time() - began
    for text, (score, marked) in zip(texts, found, strict=True):
        assert 0 <= score.low <= score.p_reject <= score.high <= 1
        assert model.band_of(score) in ("auto_approve", "review", "auto_reject", "auto_spam")
        assert all(0 <= span.start < span.end <= len(text) for span in marked)
    return took


def test_hostile_texts_are_scored_without_an_exception_and_in_time(shipped: Classifier) -> None:
    assert not _fire(shipped, 1_500, seed=1)


@pytest.mark.long
def test_a_million_hostile_texts(shipped: Classifier) -> None:
    """HOSTILE_TEXTS in the environment takes another number."""
    assert not _fire(shipped, MANY, seed=2, together=32)
