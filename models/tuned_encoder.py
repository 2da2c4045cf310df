"""An encoder tuned on comments, shipped on the shelf: twelve int8 layers run by onnxruntime above a table of pieces.

How it was made: models/tuning. One text at a time: a text's numbers must not depend on which others came with it,
as they would where a batch shares the ranges of its eight bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models import artefact
from models.artefact import Artefact, ModelDamaged
from models.encoder import EncoderMissing, Vectors
from models.readable import readable

KIND = "encoder"
WIDTH = 384
LONGEST = 160  # pieces
PREFIX = "query: "
SMOKE_TEXTS = (
    "Thank you, that was a thoughtful article about the new bridge.",
    "You are a complete idiot and everyone here hates you.",
    "Ihr seid alle Idioten.",
)
SMOKE_TOLERANCE = 0.03


@dataclass(frozen=True)
class Reader:
    """words (v, 384) and scale (v,): embeddings of pieces in eight bits; middle (384,): of the mean over pieces."""

    session: Any
    pieces: Any
    words: NDArray[np.int8]
    scale: NDArray[np.float32]
    middle: NDArray[np.float32]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        from onnxruntime import InferenceSession, SessionOptions
        from sentencepiece import SentencePieceProcessor

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = InferenceSession(arrays["graph"].tobytes(), options, providers=["CPUExecutionProvider"])
        pieces = SentencePieceProcessor(model_proto=arrays["pieces"].tobytes())
        words, scale, middle = arrays["words"], arrays["scale"], arrays["middle"]
        if not len(words) == len(scale) == pieces.get_piece_size() or words.shape[1] != WIDTH:
            raise ValueError("the table of pieces and the pieces do not fit each other")
        return cls(session, pieces, words, scale, middle.reshape(WIDTH))

    def read(self, texts: Sequence[str]) -> Vectors:
        """(n, 384) unit vectors, around their middle."""
        around = self.means(texts) - self.middle
        lengths = np.maximum(np.linalg.norm(around, axis=1, keepdims=True), np.float32(1e-9))
        return np.asarray(around / lengths, dtype=np.float32)

    def means(self, texts: Sequence[str]) -> Vectors:
        """(n, 384) the mean over each text's pieces in the last layer. texts: as readable gives them."""
        found = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = [0, *self.pieces.encode(PREFIX + text)[: LONGEST - 2], 2]
            words = self.words[ids].astype(np.float32) * self.scale[ids][:, None]
            found[row] = self.session.run(None, {"words": words[None], "mask": np.ones((1, len(ids)), np.int64)})[0][0]
        return found


class TunedEncoder:
    """Texts to unit vectors (n, 384). Raises EncoderMissing or ModelDamaged."""

    dimensions = WIDTH

    def __init__(self, found: Artefact) -> None:
        try:
            if found.manifest["kind"] != KIND:
                raise ValueError(f"it is a {found.manifest['kind']}, not an {KIND}")
            self.version = str(found.manifest["version"])
            first, last = found.manifest["shown"]  # the places of the training rows that it was tuned on
            self.shown = float(first), float(last)
            self._reader = Reader.from_arrays(found.arrays)
            self._check(found.manifest["smoke"])
        except ImportError as error:
            raise EncoderMissing(f"{error.name} is not installed: pip install {error.name}") from error
        except Exception as error:
            raise ModelDamaged(f"the encoder does not fit this code: {type(error).__name__}: {error}") from error

    @classmethod
    def open(cls, folder: Path) -> Self:
        return cls(artefact.load(folder))

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return self._reader.read([readable(text) for text in texts])

    def _check(self, smoke: Sequence[Sequence[float]]) -> None:
        said = self.vectors(SMOKE_TEXTS)
        for text, expected, vector in zip(SMOKE_TEXTS, smoke, said, strict=True):
            if not np.allclose(vector[: len(expected)], expected, atol=SMOKE_TOLERANCE):
                raise ValueError(f"{text!r} gives other numbers than the manifest says")
