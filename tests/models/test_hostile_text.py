"""Mutated and hostile texts up to the size limit: no exception, none slow."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Iterator

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


def _fire(model: Classifier, count: int, seed: int) -> list[tuple[float, str]]:
    """Texts that were slow three times over, with their best time: one pause of the machine is not the text's fault."""
    drawn, slow = random.Random(seed), []
    model.score(["warm"])
    gc.freeze()
    for text in _texts(count, drawn):
        best = min(_seconds(model, text) for _ in range(1))
        if best > SLOWEST_S:
            best = min(_seconds(model, text) for _ in range(3))
        if best > SLOWEST_S:
            slow.append((best, text[:80]))
    return slow


def _seconds(model: Classifier, text: str) -> float:
    began = time.process_time()
    score = model.score([text])[0]
    took = time.process_time() - began
    assert 0 <= score.low <= score.p_reject <= score.high <= 1
    assert model.band_of(score) in ("auto_approve", "review", "auto_reject", "auto_spam")
    return took


def test_hostile_texts_are_scored_without_an_exception_and_in_time(shipped: Classifier) -> None:
    assert not _fire(shipped, 1_500, seed=1)


@pytest.mark.long
def test_a_million_hostile_texts(shipped: Classifier) -> None:
    """HOSTILE_TEXTS in the environment takes another number."""
    assert not _fire(shipped, MANY, seed=2)
