"""From a tuned encoder to plain data for the shelf: an int8 ONNX graph above int8 word embeddings, and its pieces."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.artefact import Artefact
from models.datasets import Corpus
from models.readable import readable
from models.tuned_encoder import KIND, SMOKE_TEXTS, Reader
from models.tuning.fine_tune import TUNED_PART, Tuned
from models.tuning.lessons import SHOWN, Shown, lessons_of
from models.tuning.pretrained import PACKAGE, Pooled, Pretrained
from models.tuning.tokenizer import packed

MIDDLE_OF = 4_000  # texts


def exported(tuned: Tuned, start: Pretrained, corpus: Corpus, places: Shown = SHOWN) -> Artefact:
    """The artefact, named after its contents, with what it must say of a few texts."""
    words, scale = _eight_bits(start.words)
    arrays: dict[str, NDArray[Any]] = {
        "graph": np.frombuffer(_graph(tuned, start.words.shape[1]), dtype=np.uint8),
        "pieces": np.frombuffer(packed(start.pieces, start.scores), dtype=np.uint8),
        "words": words, "scale": scale, "middle": np.zeros(words.shape[1], dtype=np.float32),
    }  # fmt: skip
    bare = Reader.from_arrays(arrays)
    arrays["middle"] = bare.means(lessons_of(corpus, 0, places).texts[:MIDDLE_OF]).mean(axis=0)
    said = Reader.from_arrays(arrays).read([readable(text) for text in SMOKE_TEXTS])
    manifest = {
        "kind": KIND, "version": f"encoder-{_digest(arrays)}", "pretrained": start.name,
        "layers": len(tuned.model.encoder.layer), "tuned_part": TUNED_PART,
        "shown": places, "data": corpus.fingerprints,
        "notice": f"Fine-tuned from multilingual-e5-small (MIT, Microsoft; read from {PACKAGE}, MIT).",
        "smoke": [[round(float(number), 4) for number in row[:8]] for row in said],
    }  # fmt: skip
    return Artefact(arrays, manifest)


def _graph(tuned: Tuned, width: int) -> bytes:
    whole, small = io.BytesIO(), Path(tempfile.mkdtemp())
    tuned.model.config._attn_implementation = "eager"
    example = (torch.randn(1, 9, width), torch.ones(1, 9, dtype=torch.int64))
    axes = {"words": {0: "n", 1: "t"}, "mask": {0: "n", 1: "t"}}
    torch.onnx.export(
        Pooled(tuned.model).eval(), example, whole, input_names=["words", "mask"], output_names=["vectors"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    (small / "whole.onnx").write_bytes(whole.getvalue())
    quantize_dynamic(small / "whole.onnx", small / "int8.onnx", weight_type=QuantType.QInt8, per_channel=True)
    return (small / "int8.onnx").read_bytes()


def _eight_bits(words: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scale = np.maximum(np.abs(words).max(axis=1), 1e-6) / 127
    return np.round(words / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def _digest(arrays: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:10]
