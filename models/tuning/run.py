"""From the training sources to an encoder for the shelf."""

from __future__ import annotations

from pathlib import Path

from models.artefact import Artefact
from models.augment import augmented_for_encoders
from models.datasets import read
from models.readable import readable
from models.tuning import pretrained
from models.tuning.export import exported
from models.tuning.fine_tune import EPOCHS, fine_tuned


def run(data: Path, work: Path, epochs: int | None = None, device: str | None = None) -> Artefact:
    """work: a folder for checkpoints; the same call again goes on from the last one."""
    corpus = augmented_for_encoders(read(data))
    start = pretrained.read([readable(text) for text in corpus.texts])
    tuned = fine_tuned(corpus, start, work, epochs=epochs or EPOCHS, device=device)
    return exported(tuned, start, corpus)
