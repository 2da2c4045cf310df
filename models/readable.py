"""What sentence encoders read of a comment: lower case, no punctuation, disguises undone, words repaired."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from models.english import mended_text
from models.repair import unmasked_text
from models.text import looks_disguised, normalise, raw_codes
from models.vocabulary import known

LONGEST = 1_500
# A word with letters of another script among Latin ones.
_MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0370-\u052f])\w+")
_LATIN, _FOREIGN = re.compile(r"[A-Za-z]"), re.compile(r"[\u0370-\u052f]+")
_AGAIN = re.compile(r"\b(\w+)(?: \1\b){2,}")
# Of two letters and more: f.u.u.u.u.c.k is one word.
_OVER_AND_OVER = re.compile(r"\b(\w\w+)(?:[\s,.;:!?-]+\1\b){2,}", re.IGNORECASE)


def readable(text: str) -> str:
    """Legible, and masked, misspelt and joined words repaired where English comes of it; a word said over and over is
    said twice."""
    unmixed = _unforeign(_MIXED.sub(lambda word: normalise(word[0]).text, unmasked_text(text[:LONGEST])))
    return _AGAIN.sub(r"\1 \1", mended_text(legible(unmixed)))


def said_twice(text: str) -> str:
    """At most: a word said over and over is padding. The text stays as it is otherwise."""
    return _OVER_AND_OVER.sub(r"\1 \1", text)


def _unforeign(text: str) -> str:
    """In a text of mostly Latin letters a word of another script's that looks like a strong one is that."""
    found = _FOREIGN.findall(text)
    return _FOREIGN.sub(_look_alike, text) if len(_LATIN.findall(text)) > len("".join(found)) > 0 else text


def _look_alike(word: re.Match[str]) -> str:
    folded = normalise(word[0]).text
    return folded if folded in known().strong else word[0]


def legible(text: str) -> str:
    """Case and punctuation go because in some training sources they tell the source, not the meaning. Letters keep
    their accents, which the first look's views drop and other languages need."""
    text = text[:LONGEST]
    return normalise(text).text if looks_disguised(*_codes(text), 1)[0] else _folded(text)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFC", text.lower().encode("utf-8", "ignore").decode())
    kept = [_legible(character) for character in folded]
    return " ".join("".join(kept).split())


def _codes(text: str) -> tuple[Any, Any]:
    codes, _, doc = raw_codes([text])
    return codes, doc


def _legible(character: str) -> str:
    if character.isalnum() or character == "'":
        return character
    kind = unicodedata.category(character)
    if kind in ("Cf", "Cc") and not character.isspace():
        return ""
    return character if kind in ("So", "Mn", "Mc", "Sk") else " "
