"""The words that repairs know: common ones with their cost, and the strong ones in their disguises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.words import hashes

HERE = Path(__file__).parent
COMMON, STRONG = HERE / "common_words.txt", HERE / "strong_words.txt"
SHORTEST_TYPO = 4
# In joined words a misspelt strong one costs so much more than the word itself. Of words of four letters only what no
# common word holds and fck, dck, cck and sck, at a higher price: others stand in names (Ashtabula) and abbreviations.
SLIP, SHORTEST_SLIP = 4.0, 5
SHORT_SLIP = 7.0
FREQUENT = 100
# "Are a" is likelier than "area", however rare each pair of words is by chance.
TWO_IN_ONE = 2.0
# Of three letters nearly everything is an abbreviation of something: these can be read in one way only.
SHORT = {
    "fck": "fuck", "fuk": "fuck", "fkn": "fucking", "sht": "shit", "dck": "dick", "dik": "dick", "cck": "cock",
    "suk": "suck", "sck": "suck", "dmb": "dumb", "nzi": "nazi", "jrk": "jerk", "crp": "crap", "dmn": "damn",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """cost of each common word by its rank; frequent: the first of them, of three letters and more; hashes, rising, of
    all; likely: a hash starts so; nearly: strong words by themselves with one letter left out; slips: the strong word
    of each misspelling; pieces: what words and slips cost in a joined word; masked: by what stands before so many
    stars, what strong words have behind and beneath them."""

    cost: dict[str, float]
    frequent: frozenset[str]
    hashes: NDArray[np.uint64]
    likely: NDArray[np.bool_]
    strong: frozenset[str]
    nearly: dict[str, tuple[str, ...]]
    slips: dict[str, str]
    pieces: dict[str, float]
    masked: dict[tuple[str, int], list[tuple[str, str]]]


@lru_cache(maxsize=1)
def known() -> Known:
    strong = frozenset(STRONG.read_text(encoding="ascii").split())
    common = [word for word in COMMON.read_text(encoding="ascii").split() if word not in SHORT]
    common += sorted(strong - set(common))
    hashed = np.sort(hashes(common))
    likely = np.zeros(1 << 18, dtype=bool)
    likely[hashed >> np.uint64(46)] = True
    # Zipf's law: the chance of the word of rank r is about 1 / (r ln n).
    cost = {word: log((rank + 10) * log(len(common))) for rank, word in enumerate(common)}
    cost |= {word: min(cost[word], 7.0) for word in strong}
    nearly: dict[str, tuple[str, ...]] = {}
    for word in sorted(strong):
        if len(word) >= SHORTEST_TYPO:
            for form in {word, *shortened(word)}:
                nearly[form] = (*nearly.get(form, ()), word)
    slips = {slip: word for word in sorted(strong) for slip in _misspelt(word) if slip not in cost}
    short = _short_slips(strong, " ".join(common))
    frequent = frozenset(word for word in common[:FREQUENT] if len(word) >= 3)
    pieces = {word: price + TWO_IN_ONE * (word[-1] == "a" and word[:-1] in frequent) for word, price in cost.items()}
    pieces |= {slip: cost[word] + SLIP for slip, word in slips.items()}
    pieces |= {slip: cost[word] + SHORT_SLIP for slip, word in short.items()}
    return Known(cost, frequent, hashed, likely, strong, nearly, slips | short, pieces, _masked(strong))


def shortened(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def _misspelt(word: str) -> set[str]:
    """A letter inside it missing or doubled, or two neighbours swapped: so that it cannot be read as another."""
    if len(word) < SHORTEST_SLIP:
        return set()
    return {word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)} | _doubled_or_swapped(word)


def _doubled_or_swapped(word: str) -> set[str]:
    inside = range(1, len(word) - 1)
    doubled = {word[:at] + word[at] + word[at:] for at in inside}
    return doubled | {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in inside} - {word}


def _short_slips(strong: frozenset[str], common: str) -> dict[str, str]:
    """Of words of four letters; common: all common words, with blanks between them."""
    short = sorted(word for word in strong if len(word) == SHORTEST_SLIP - 1)
    found = {slip: word for word in short for slip in _doubled_or_swapped(word)}
    found = {slip: word for slip, word in found.items() if slip not in common}
    return found | {slip: word for slip, word in SHORT.items() if slip.endswith("ck")}


def _masked(strong: frozenset[str]) -> dict[tuple[str, int], list[tuple[str, str]]]:
    found: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for word in sorted(strong):
        for begin in range(1, len(word)):
            for end in range(begin + 1, len(word)):
                found.setdefault((word[:begin], end - begin), []).append((word[end:], word[begin:end]))
    return found
