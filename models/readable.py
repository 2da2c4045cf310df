"""What sentence encoders read of a comment: lower case, no punctuation, disguises undone, words repaired."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from models.repair import mended_text, unmasked_text
from models.text import looks_disguised, normalise, raw_codes

LONGEST = 1_500
# A word with letters of another script among Latin ones.
_MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0370-\u052f])\w+")


def readable(text: str) -> str:
    """Legible, and masked, misspelt and joined words repaired where English comes of it."""
    unmixed = _MIXED.sub(lambda word: normalise(word[0]).text, unmasked_text(text[:LONGEST]))
    return mended_text(legible(unmixed))


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
