"""Sentence vectors of many texts, kept on disk in parts, so that training goes on where it was stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from models.both_encoders import BothEncoders, joined
from models.encoder import SentenceEncoder, Vectors
from models.readable import readable

PART = 4_096


def cached_vectors(encoder: SentenceEncoder, texts: Sequence[str], folder: Path, progress: bool = True) -> Vectors:
    """(n, d). A part is named after the encoder and what it read, so nothing stale is ever taken."""
    if isinstance(encoder, BothEncoders):
        return joined(*(cached_vectors(part, texts, folder, progress) for part in encoder.parts))
    folder.mkdir(parents=True, exist_ok=True)
    found = np.zeros((len(texts), encoder.dimensions), dtype=np.float32)
    with tqdm(total=len(texts), desc="sentence vectors", unit="text", disable=not progress) as steps:
        for start in range(0, len(texts), PART):
            part = texts[start : start + PART]
            path = folder / f"{_name(encoder, part)}.npy"
            if not path.exists():
                temporary = path.with_suffix(".part.npy")
                np.save(temporary, encoder.vectors(part).astype(np.float16), allow_pickle=False)
                temporary.replace(path)
            found[start : start + PART] = np.load(path, allow_pickle=False)
            steps.update(len(part))
    return found


def _name(encoder: SentenceEncoder, texts: Sequence[str]) -> str:
    digest = hashlib.blake2b(encoder.version.encode(), digest_size=16)
    for text in texts:
        digest.update(readable(text).encode() + b"\0")
    return digest.hexdigest()
