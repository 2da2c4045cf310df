"""What a training kept is enough to calibrate its model anew."""

from __future__ import annotations

from pathlib import Path

from models.datasets import read
from models.train import recalibrated, train
from tests.models.conftest import EXCERPTS


def test_under_the_same_mix_the_same_model_comes_out(tmp_path: Path) -> None:
    corpus = read(EXCERPTS)
    made = train(corpus, folds=2, progress=False, cache=tmp_path)
    again = recalibrated(corpus, made, tmp_path)
    assert again.manifest == made.manifest
    assert all((again.arrays[name] == made.arrays[name]).all() for name in made.arrays)
