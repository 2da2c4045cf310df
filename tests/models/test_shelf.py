"""A model file is loaded whole or not at all, and changing the model in service is one step that can be undone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from models import artefact, shelf
from models.artefact import Artefact, ModelDamaged, ModelMissing
from models.classifier import Classifier
from models.datasets import NoTrainingData, read
from models.train import train
from tests.models.conftest import EXCERPTS


@pytest.fixture
def two(tmp_path: Path, tiny: Artefact) -> Path:
    for name in ("first", "second"):
        artefact.save(tmp_path / name, tiny.arrays, {**tiny.manifest, "version": name})
    shelf.set_candidate(tmp_path, "first")
    shelf.promote(tmp_path)
    return tmp_path


def test_promote_puts_a_model_into_service_and_rollback_takes_it_back(two: Path) -> None:
    before = shelf.fingerprint(two)
    assert shelf.open_current(two).version == "first"
    shelf.promote(two, "second")
    assert shelf.open_current(two).version == "second"
    assert shelf.fingerprint(two) != before
    assert shelf.rollback(two) == "first"
    assert shelf.open_current(two).version == "first"
    assert shelf.rollback(two) == "second"


def test_a_damaged_candidate_is_not_promoted(two: Path) -> None:
    (two / "second" / artefact.ARRAYS).write_bytes(b"nothing of the kind")
    with pytest.raises(ModelDamaged):
        shelf.promote(two, "second")
    assert shelf.open_current(two).version == "first"


def test_no_model_and_no_shelf_are_called_missing(tmp_path: Path, two: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        shutil.rmtree(two / "first", ignore_errors=True)
        with pytest.raises(ModelMissing):
            shelf.open_current(folder)
    assert shelf.fingerprint(tmp_path / "nowhere").startswith("!")


@pytest.mark.parametrize("pointer", [b"", b"../../etc", b"a/b", b"\xff\xfe", b"x" * 500])
def test_a_damaged_pointer_opens_nothing(two: Path, pointer: bytes) -> None:
    (two / shelf.CURRENT).write_bytes(pointer)
    with pytest.raises(ModelDamaged):
        shelf.open_current(two)


def test_no_flipped_or_missing_byte_of_the_arrays_gets_through(two: Path) -> None:
    path = two / "first" / artefact.ARRAYS
    whole = path.read_bytes()
    random = np.random.default_rng(5)
    for at in [0, len(whole) - 1, *random.integers(0, len(whole), 40).tolist()]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << random.integers(8)]) + whole[at + 1 :])
        with pytest.raises(ModelDamaged):
            shelf.open_current(two)
        path.write_bytes(whole[:at])
        with pytest.raises(ModelDamaged):
            shelf.open_current(two)
    path.write_bytes(whole)
    assert shelf.open_current(two).version == "first"


def test_a_cut_manifest_gives_an_error_of_ours_and_never_a_model(two: Path) -> None:
    path = two / "first" / artefact.MANIFEST
    whole = path.read_bytes().rstrip()
    for at in np.random.default_rng(6).integers(0, len(whole), 60).tolist():
        path.write_bytes(whole[:at])
        with pytest.raises(ModelDamaged):
            shelf.open_current(two)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"versions": {"scikit-learn": "0.24.1"}},
        {"versions": None},
        {"operating_point": {}},
        {"operating_point": None},
        {"smoke": {"hello": 0.999}},
        {"smoke": None},
        {"files": {}},
        {"files": {"arrays.npz": {"sha256": "0" * 64, "bytes": 1}}},
        {"files": {"arrays.npz": {"sha256": "0" * 64, "bytes": 10**12}}},
        {"known_floor": "many"},
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(two: Path, change: dict[str, object]) -> None:
    path = two / "first" / artefact.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelDamaged):
        shelf.open_current(two)


def test_arrays_of_other_shapes_are_refused_though_their_hash_is_right(two: Path, tiny: Artefact) -> None:
    for name in tiny.arrays:
        artefact.save(two / "odd", {**tiny.arrays, name: tiny.arrays[name].ravel()[:3]}, dict(tiny.manifest))
        with pytest.raises(ModelDamaged):
            shelf.open_model(two, "odd")


def test_a_pickle_in_the_arrays_is_not_opened(two: Path, tiny: Artefact) -> None:
    with pytest.raises(ValueError):
        artefact.save(two / "odd", {"table": np.array([{"any": "object"}], dtype=object)}, dict(tiny.manifest))


@pytest.mark.parametrize("threads", [1, 2])
def test_training_again_gives_the_same_bytes_however_many_cores_there_are(tiny: Artefact, threads: int) -> None:
    with threadpool_limits(threads):
        again = train(read(EXCERPTS), folds=2, progress=False)
    assert again.manifest == tiny.manifest
    for name, array in tiny.arrays.items():
        assert np.array_equal(array, again.arrays[name]), name


def test_a_model_trained_on_the_excerpts_tells_their_sides_apart(tiny: Artefact) -> None:
    model = Classifier.from_artefact(tiny)
    corpus = read(EXCERPTS)
    chances = np.array([score.p_reject for score in model.score(corpus.texts)])
    rejected = np.nan_to_num(corpus.labels[:, 0]) + np.nan_to_num(corpus.labels[:, 6]) >= 0.5
    assert chances[rejected].mean() > chances[~rejected].mean() + 0.05


def test_a_folder_without_sources_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(NoTrainingData, match="wikipedia_talk"):
        read(tmp_path)
    (tmp_path / "spam_sms.jsonl").write_text('{"text": "hi", "labels": {"spam": 0}}\n{"text"\n')
    with pytest.raises(NoTrainingData, match="line 2"):
        read(tmp_path)
