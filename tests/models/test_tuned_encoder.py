"""The shipped encoder that was tuned on comments: what it says, and that a damaged one says nothing."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from models import artefact, shelf
from models.artefact import MANIFEST, ModelDamaged, ModelMissing
from models.both_encoders import BothEncoders, encoder_for, joined
from models.encoder import Encoder, EncoderMissing
from models.second_look import SecondLook
from models.tuned_encoder import LONGEST, WIDTH, TunedEncoder
from models.vector_cache import cached_vectors
from moderation.checks.classifier import Scorer
from moderation.checks.second_look import SecondScorer
from moderation.checks.second_look_installed import what_is_missing

INSULT, THANKS = "You are all dumb idiots, shut up!", "Thank you for this article!"
IN_GERMAN = "Ihr seid doch alle dumme Idioten, haltet das Maul!"


@pytest.fixture(scope="module")
def name() -> str:
    manifest = artefact.read_manifest(shelf.SHIPPED / shelf.pointed(shelf.SHIPPED, shelf.SECOND_LOOK))
    return str(manifest["tuned"])


@pytest.fixture(scope="module")
def encoder(name: str) -> TunedEncoder:
    return TunedEncoder.open(shelf.SHIPPED / name)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(shelf.SHIPPED, tmp_path / "models")
    return tmp_path / "models"


def test_abuse_lies_near_abuse_in_another_language(encoder: TunedEncoder) -> None:
    insult, thanks, german = encoder.vectors([INSULT, THANKS, IN_GERMAN])
    assert np.linalg.norm(insult) == pytest.approx(1, abs=1e-3)
    assert insult @ german > thanks @ german + 0.3


def test_a_texts_numbers_do_not_depend_on_its_company(encoder: TunedEncoder) -> None:
    alone = encoder.vectors([INSULT])[0]
    assert np.array_equal(encoder.vectors([THANKS, INSULT, "x " * 900])[1], alone)


def test_hostile_and_endless_text_is_read(encoder: TunedEncoder) -> None:
    texts = ["", "\0" * 50, "\ud800\udfff", "a" * 100_000, "\u0301" * 5_000, "\U0001f92e" * 3_000, "\u202e\u2066"]
    read = encoder.vectors([*texts, "word " * (LONGEST + 50)])
    assert read.shape == (len(texts) + 1, WIDTH) and np.isfinite(read).all()


def test_a_cosine_of_both_is_the_mean_of_theirs(encoder: TunedEncoder) -> None:
    frozen, tuned = Encoder().vectors([INSULT, THANKS]), encoder.vectors([INSULT, THANKS])
    both = joined(frozen, tuned)
    assert both[0] @ both[1] == pytest.approx((frozen[0] @ frozen[1] + tuned[0] @ tuned[1]) / 2, abs=1e-3)


def test_each_part_is_kept_by_itself(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = encoder_for({"tuned": name}, shelf.SHIPPED)
    made = cached_vectors(both, [INSULT, THANKS], tmp_path, progress=False)
    assert made.shape == (2, both.dimensions)
    monkeypatch.setattr(Encoder, "vectors", lambda self, texts: pytest.fail("read again"))
    monkeypatch.setattr(TunedEncoder, "vectors", lambda self, texts: pytest.fail("read again"))
    assert np.array_equal(cached_vectors(both, [INSULT, THANKS], tmp_path, progress=False), made)


def test_without_a_tuned_one_there_is_the_frozen_one() -> None:
    assert isinstance(encoder_for({}, shelf.SHIPPED), Encoder)
    with pytest.raises(ModelMissing):
        encoder_for({"tuned": "encoder-of-nobody"}, shelf.SHIPPED)


def test_altered_bytes_are_never_loaded(copied: Path, name: str) -> None:
    arrays = copied / name / artefact.ARRAYS
    broken = bytearray(arrays.read_bytes())
    broken[len(broken) // 2] ^= 1
    arrays.write_bytes(broken)
    with pytest.raises(ModelDamaged, match="sha256"):
        SecondLook.open(copied)


def test_one_that_says_other_numbers_than_at_its_making_is_refused(copied: Path, name: str) -> None:
    manifest = copied / name / MANIFEST
    told = json.loads(manifest.read_text())
    told["smoke"] = [[-number for number in row] for row in told["smoke"]]
    manifest.write_text(json.dumps(told))
    with pytest.raises(ModelDamaged, match="other numbers"):
        TunedEncoder.open(copied / name)


def test_without_it_precedents_still_go_by_meaning_and_the_service_says_so(copied: Path, name: str) -> None:
    second = SecondScorer(copied, Scorer(copied))
    both = second.vectors([INSULT])
    assert both is not None and second.problem is None and what_is_missing(copied) is None
    shutil.rmtree(copied / name)
    without = SecondScorer(copied, Scorer(copied))
    frozen = without.vectors([INSULT])
    assert frozen is not None and frozen.shape[1] < both.shape[1]
    assert without.encoder == Encoder().version != second.encoder
    assert without.current() is None and name in str(without.problem)
    assert name in str(what_is_missing(copied))


@pytest.mark.parametrize("package", ["onnxruntime", "sentencepiece"])
def test_a_missing_package_is_named(package: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = artefact.load(shelf.SHIPPED / name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EncoderMissing, match=package):
        TunedEncoder(found)


def test_the_shipped_second_look_reads_with_both(name: str) -> None:
    look = SecondLook.open(shelf.SHIPPED)
    assert isinstance(look.encoder, BothEncoders)
    assert look.encoder.version.endswith(name)
