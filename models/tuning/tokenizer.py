"""A SentencePiece model of just the pieces that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2

UNKNOWN = 3
_proto: Any = sentencepiece_model_pb2
SPECIAL = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": UNKNOWN}


def packed(pieces: Sequence[str], scores: NDArray[np.float32]) -> bytes:
    """pieces, scores (v,), the special ones first. The text is normalised before, so here it is not again."""
    model = _proto.ModelProto()
    kinds = _proto.ModelProto.SentencePiece.Type
    for piece, score in zip(pieces, scores.tolist(), strict=True):
        kind = kinds.UNKNOWN if piece == "<unk>" else kinds.CONTROL if piece in SPECIAL else kinds.NORMAL
        model.pieces.add(piece=piece, score=score, type=kind)
    spec = model.trainer_spec
    spec.model_type = spec.UNIGRAM
    spec.vocab_size = len(pieces)
    spec.bos_id, spec.pad_id, spec.eos_id, spec.unk_id = SPECIAL.values()
    model.normalizer_spec.name = "identity"
    return bytes(model.SerializeToString(deterministic=True))


def counts(pieces: Sequence[str], scores: NDArray[np.float32], texts: Sequence[str]) -> NDArray[np.int64]:
    """(v,) how often each piece occurs when the texts are read with all of them."""
    reader = SentencePieceProcessor(model_proto=packed(pieces, scores))
    found = np.zeros(len(pieces), dtype=np.int64)
    for ids in reader.encode(list(texts)):
        np.add.at(found, ids, 1)
    return found
