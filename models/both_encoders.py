"""The frozen encoder and the tuned one side by side: what a text is about, and how it speaks of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.encoder import Encoder, SentenceEncoder, Vectors
from models.tuned_encoder import TunedEncoder

# Of the squared length of a joint vector, so of a cosine between two.
FROZEN_SHARE = 0.5


class BothEncoders:
    """Texts to unit vectors (n, 512 + 384)."""

    def __init__(self, frozen: SentenceEncoder, tuned: TunedEncoder) -> None:
        self.parts = frozen, tuned
        self.version = f"{frozen.version}+{tuned.version}"
        self.dimensions = frozen.dimensions + tuned.dimensions

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return joined(*(part.vectors(texts) for part in self.parts))


def joined(frozen: Vectors, tuned: Vectors) -> Vectors:
    """(n, a) and (n, b) unit vectors -> (n, a + b) unit vectors."""
    shares = np.sqrt(np.array([FROZEN_SHARE, 1 - FROZEN_SHARE], dtype=np.float32))
    return np.hstack([frozen * shares[0], tuned * shares[1]])


def encoder_for(manifest: dict[str, Any], shelf: Path, frozen: Encoder | None = None) -> SentenceEncoder:
    """What a second look's manifest says that it reads with. Raises EncoderMissing, ModelMissing or ModelDamaged."""
    frozen = frozen or Encoder()
    name = manifest.get("tuned")
    return frozen if name is None else BothEncoders(frozen, TunedEncoder.open(shelf / name))
