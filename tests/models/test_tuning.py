"""Tuning an encoder: which rows it may see, which pieces it keeps; where torch is, that it goes on where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sentencepiece import SentencePieceProcessor

from models.augment import augmented_for_encoders
from models.datasets import OURS, SOURCES, Corpus, read
from models.readable import readable
from models.tuning.lessons import MOST, SHOWN, lessons_of
from models.tuning.tokenizer import SPECIAL, UNKNOWN, counts, packed

EXCERPTS = Path(__file__).parent.parent / "excerpts" / "comments"
PIECES = [*SPECIAL, "\u2581", "\u2581hello", "\u2581wor", "ld", "h", "e", "l", "o", "w", "r", "d"]
SCORES = np.array([0.0] * 4 + [-2.0, -3.0, -3.5, -3.6] + [-8.0] * 7, dtype=np.float32)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return augmented_for_encoders(read(EXCERPTS))


@pytest.mark.parametrize("places", [SHOWN, (0.4, 1.0)])
def test_rows_that_calibrate_later_are_never_shown(corpus: Corpus, places: tuple[float, float]) -> None:
    lessons = lessons_of(corpus, 1, places)
    place = dict(zip(map(readable, corpus.texts), corpus.place.tolist(), strict=True))
    ours = {index for index, source in enumerate(SOURCES) if source.name in OURS}
    shown = [text for text, source in zip(lessons.texts, lessons.source.tolist(), strict=True) if source not in ours]
    assert places[0] <= min(place[text] for text in shown)
    assert max(place[text] for text in shown) < places[1]
    assert sum(not places[0] <= place[readable(text)] < places[1] for text in corpus.texts) > 100


def test_no_source_outgrows_its_quota_and_the_same_seed_draws_the_same(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOST, "hatemoji", 5)
    hatemoji = [source.name for source in SOURCES].index("hatemoji")
    first, again, other = (lessons_of(corpus, seed) for seed in (1, 1, 2))
    assert (first.source == hatemoji).sum() == 5
    assert first.texts == again.texts != other.texts


def test_a_model_of_few_pieces_reads_as_one_of_many() -> None:
    reader = SentencePieceProcessor(model_proto=packed(PIECES, SCORES))
    assert reader.encode("hello world", out_type=str) == ["\u2581hello", "\u2581wor", "ld"]
    assert UNKNOWN in reader.encode("hello \u4f60")
    assert counts(PIECES, SCORES, ["hello hello world"])[5:8].tolist() == [2, 1, 1]


def test_tuning_that_was_stopped_ends_as_one_that_was_not(corpus: Corpus, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is needed to tune, and for nothing else")
    from transformers import BertConfig, BertModel

    from models.tuning import fine_tune
    from models.tuning.pretrained import Pretrained

    torch.manual_seed(0)
    words = np.random.default_rng(0).normal(size=(len(PIECES), 16)).astype(np.float32)
    config = BertConfig(
        vocab_size=1, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32,
        pad_token_id=None,
    )  # fmt: skip
    start = Pretrained("test", PIECES, SCORES, words, BertModel(config, add_pooling_layer=False))
    whole = fine_tune.fine_tuned(corpus, start, tmp_path / "whole", epochs=1, device="cpu")

    class Stopped(Exception):
        pass

    kept = fine_tune._keep

    def stop(*args: object) -> None:
        kept(*args)  # type: ignore[arg-type]
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fine_tune, "CHECKPOINT_EVERY", 7)
        patch.setattr(fine_tune, "_keep", stop)
        with pytest.raises(Stopped):
            fine_tune.fine_tuned(corpus, start, tmp_path / "parts", epochs=1, device="cpu")
    resumed = fine_tune.fine_tuned(corpus, start, tmp_path / "parts", epochs=1, device="cpu")
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    untouched, moved = (whole.model.encoder.layer[layer].output.dense.weight for layer in (0, 2))
    assert torch.equal(untouched, start.model.encoder.layer[0].output.dense.weight)
    assert not torch.equal(moved, start.model.encoder.layer[2].output.dense.weight)
