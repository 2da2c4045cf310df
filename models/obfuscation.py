"""Ways in which people hide words from a filter, seeded: for training on some of them and for measuring all."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache

from models.text import normalise
from models.vocabulary import known

LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7"}
ALIKE = dict(zip("aceiopsxyhbkmt", "асеіорѕхуһЬкмт", strict=True))
PADDING = (
    "I walked along the river this morning and the light on the water was lovely. The council meets on Tuesday at "
    "seven in the library, and the bakery next to it has new opening hours. Thank you for the recipe, the soup was "
    "warm and the bread came out well. "
)
Change = Callable[[str, random.Random], str]


def _leet(word: str, drawn: random.Random) -> str:
    return "".join(drawn.choice(LEET[char]) if (char := letter.lower()) in LEET else letter for letter in word)


def _homoglyph(word: str, drawn: random.Random) -> str:
    return "".join(ALIKE.get(letter.lower(), letter) for letter in word)


def _between(sign: str) -> Change:
    return lambda word, drawn: sign.join(word)


def _bidi(word: str, drawn: random.Random) -> str:
    return f"\u202d{word[: len(word) // 2]}\u2066{word[len(word) // 2 :]}\u2069\u202c"


def _stretched(word: str, drawn: random.Random) -> str:
    vowels = [at for at, letter in enumerate(word) if letter.lower() in "aeiou"] or [len(word) - 1]
    at = drawn.choice(vowels)
    return word[:at] + word[at] * drawn.randint(3, 6) + word[at + 1 :]


def _typo(word: str, drawn: random.Random) -> str:
    if len(word) < 4:
        return word
    at, how = drawn.randrange(1, len(word) - 1), drawn.randrange(3)
    if how == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] * 2 + word[at + 1 :] if how == 1 else word[:at] + word[at + 1 :]


def _masked(word: str, drawn: random.Random) -> str:
    return word[0] + "*" * (len(word) - 2) + word[-1] if len(word) > 3 else word


WORD_CHANGES: dict[str, Change] = {
    "leet": _leet,
    "homoglyph": _homoglyph,
    "zero-width": _between("\u200b"),
    "bidi": _bidi,
    "dots": _between("."),
    "spacing": _between(" "),
    "stretched": _stretched,
    "typos": _typo,
    "masked": _masked,
}
TEXT_CHANGES: dict[str, Change] = {
    "no spaces": lambda text, drawn: "".join(text.split()),
    "love x5": lambda text, drawn: text + " love" * 5,
    "padding": lambda text, drawn: text + " " + PADDING,
}
KINDS = (*WORD_CHANGES, *TEXT_CHANGES)


@lru_cache(maxsize=100_000)
def is_strong(word: str) -> bool:
    return normalise(word).text in known().strong


def obfuscate(text: str, kind: str, drawn: random.Random) -> str:
    """The text with its strong words (all of them) disguised, or the whole text changed, by one of KINDS."""
    if kind in TEXT_CHANGES:
        return TEXT_CHANGES[kind](text, drawn)
    change = WORD_CHANGES[kind]
    return re.sub(r"[A-Za-z]{3,}", lambda word: change(word[0], drawn) if is_strong(word[0]) else word[0], text)
