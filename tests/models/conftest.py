from __future__ import annotations

from pathlib import Path

import pytest

from models.artefact import Artefact
from models.classifier import Classifier
from models.datasets import read
from models.shelf import open_current
from models.train import train

EXCERPTS = Path(__file__).parent.parent / "excerpts" / "comments"


@pytest.fixture(scope="session")
def shipped() -> Classifier:
    return open_current()


@pytest.fixture(scope="session")
def tiny() -> Artefact:
    """A model trained on the excerpts, whole but for its worth."""
    return train(read(EXCERPTS), folds=2, progress=False)
