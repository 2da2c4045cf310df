"""Tables that fold one code point to its plain letter, to nothing or to a blank, and say what kind it is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Mask = NDArray[np.bool_]

BLANK, LETTER, DIGIT, SYMBOL, STAR, QUOTE, PUNCTUATION = range(7)
KINDS = 7
LETTER_ROLE, PUNCTUATION_ROLE, LEET_ROLE = 1, 2, 4
EXPANSION_BASE = 0x200000
MAX_EXPANSION = 4
TABLE_SIZE = 0x20000
LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
QUOTES = "'’‘`´ʼ"

# Look-alikes that compatibility normalisation leaves alone.
LOOK_ALIKES = {
    "a": "аαɑᴀ∀", "b": "ьвβʙɓ", "c": "сϲᴄⅽ", "d": "ԁđᴅɖɗ", "e": "еєεᴇɛǝ℮", "f": "ƒꜰ", "g": "ԍɡɢց",
    "h": "һнհħʜɥ", "i": "іιıɪɩ", "j": "јᴊ", "k": "кκᴋĸ", "l": "ӏłʟ", "m": "мᴍ", "n": "пηոռɴ", "o": "оοσօøᴏ",
    "p": "рρᴘ", "q": "ԛգ", "r": "гʀɹ", "s": "ѕꜱ", "t": "тτŧᴛ", "u": "υսᴜʋ", "v": "νѵᴠ", "w": "ԝωɯᴡ", "x": "хχ",
    "y": "уγүʏ", "z": "ᴢʐ", "ss": "ß", "ae": "æ", "oe": "œ",
}  # fmt: skip
LETTER_SIGNS = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)


@dataclass(frozen=True)
class Tables:
    """single, kind, role (TABLE_SIZE,); expansions (k, MAX_EXPANSION) and expansion_sizes (k,) for ligatures."""

    single: Codes
    kind: NDArray[np.uint8]
    role: NDArray[np.uint8]
    leet: Mask
    unleet: Codes
    expansions: Codes
    expansion_sizes: NDArray[np.int64]

    def fold(self, codes: Codes) -> Codes:
        """(m,) folded code points; 0 where one vanishes, EXPANSION_BASE + row where one becomes several."""
        folded = self.single.take(codes, mode="clip")
        if codes.max(initial=0) < TABLE_SIZE:
            return folded
        return np.where(codes >= TABLE_SIZE, _fold_beyond(codes), folded)

    def kind_of(self, codes: Codes) -> NDArray[np.uint8]:
        return self.kind.take(codes, mode="clip")

    def leet_of(self, codes: Codes) -> Mask:
        return self.leet.take(codes, mode="clip")


@lru_cache(maxsize=1)
def tables() -> Tables:
    single = np.zeros(TABLE_SIZE, dtype=np.uint32)
    longer: list[str] = []
    aliases = _aliases()
    for code in range(TABLE_SIZE):
        folded = _fold_one(chr(code), aliases)
        if len(folded) == 1:
            single[code] = ord(folded)
        elif folded:
            single[code] = EXPANSION_BASE + len(longer)
            longer.append(folded)
    kind = np.fromiter((_kind_of(chr(code)) for code in range(TABLE_SIZE)), dtype=np.uint8, count=TABLE_SIZE)
    kind[-1] = LETTER  # stands for everything beyond the table: rare ideographs
    single[-1] = ord(" ")
    leet, unleet = np.zeros(128, dtype=bool), np.arange(128, dtype=np.uint32)
    for sign, letter in LEET.items():
        leet[ord(sign)], unleet[ord(sign)] = True, ord(letter)
    sizes = np.array([len(text) for text in longer], dtype=np.int64)
    rows = np.array([[ord(char) for char in text.ljust(MAX_EXPANSION)] for text in longer], dtype=np.uint32)
    role = np.where(kind == LETTER, LETTER_ROLE, np.where(kind == PUNCTUATION, PUNCTUATION_ROLE, 0)).astype(np.uint8)
    role[: len(leet)] |= np.where(leet, LEET_ROLE, 0).astype(np.uint8)
    return Tables(single, kind, role, leet, unleet, rows, sizes)


def _aliases() -> dict[str, str]:
    aliases = {char: plain for plain, chars in LOOK_ALIKES.items() for char in chars}
    for first in LETTER_SIGNS:
        aliases |= {chr(first + at): chr(ord("a") + at) for at in range(26)}
    return aliases


def _fold_one(char: str, aliases: dict[str, str]) -> str:
    """The fixed point of folding one character; every character of the result folds to itself."""
    for _ in range(4):
        folded = "".join(_fold_step(part, aliases) for part in char)[:MAX_EXPANSION]
        if folded == char:
            break
        char = folded
    return char


def _fold_step(char: str, aliases: dict[str, str]) -> str:
    if char < "\x7f":
        return char.lower() if char >= " " else " "
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me") or "\U0001f3fb" <= char <= "\U0001f3ff" or char in "\u115f\u1160\u3164\uffa0":
        return ""
    if category[0] == "Z" or category in ("Cc", "Cs", "Co"):
        return " "
    if char in aliases:
        return aliases[char]
    plain = unicodedata.normalize("NFKD", char).casefold()
    bare = "".join(part for part in plain if unicodedata.category(part) not in ("Mn", "Me", "Cf"))
    return unicodedata.normalize("NFC", bare)


def _kind_of(char: str) -> int:
    category = unicodedata.category(char)
    if category[0] == "L" or category == "Mc":
        return LETTER
    if category[0] == "N":
        return DIGIT
    if char == "*":
        return STAR
    if char in QUOTES:
        return QUOTE
    if category[0] in "ZC" and category != "Cn":
        return BLANK
    return SYMBOL if category in ("So", "Sc", "Cn") and char > "\x7f" else PUNCTUATION


def _fold_beyond(codes: Codes) -> Codes:
    """Planes 2 and up: ideographs stay, tags and selectors (plane 14) vanish, private use is blank."""
    vanishes = (codes >= 0xE0000) & (codes < 0xE1000)
    return np.where(vanishes, 0, np.where(codes >= 0x40000, 32, codes)).astype(np.uint32)
