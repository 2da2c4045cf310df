"""What is read in one pass is what training learned from, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from models.classifier import Classifier
from models.features import counted, grams_of, scaled
from models.groups import veiled
from models.reading import MOST_CHARACTERS, read
from models.surface import surface_features
from models.text import plain_view, raw_codes

TEXTS = [
    "Thank you, that was a thoughtful article about the new bridge.",
    "the gay idiot and his muslim friends are stupid stupid stupid",
    "a",
    "",
    "Größe über alles, \U0001f595 …",
]


def test_a_row_is_the_learned_features_times_the_weights(shipped: Classifier) -> None:
    reading = read(shipped, TEXTS)
    codes, origin, doc = raw_codes(TEXTS)
    count = len(TEXTS)
    of, bucket, value = counted(grams_of(*veiled(plain_view(codes, origin, doc, count))), count)
    weights = shipped.table.unscaled(bucket) * shipped.table.unit
    value = scaled(of, bucket, value * weights[:, 0], count)
    learned = np.zeros((count, 7))
    np.add.at(learned, of, value[:, None] * weights[:, 1:])
    learned += surface_features(codes, doc, count) @ shipped.surface + shipped.intercept
    assert reading.row_logits[:count] == pytest.approx(learned, abs=1e-5)


def test_a_long_list_is_read_in_parts_and_in_order(shipped: Classifier) -> None:
    texts = [f"{TEXTS[number % 3]} number {number}" for number in range(600)] + ["word " * (MOST_CHARACTERS // 5 + 99)]
    found = shipped.score(texts)
    for at in (0, 255, 256, 257, 599, 600):
        assert found[at] == shipped.score([texts[at]])[0]
    assert shipped.score([]) == []
    assert shipped.logits([])[0].shape == (0, 7)


def test_only_so_many_ligatures_are_spelt_out(shipped: Classifier) -> None:
    few, many = (plain_view(*raw_codes(["\ufb03" * times, "x"]), 2) for times in (2_000, 9_000))
    assert few.text(0) == "ffi" * 2_000
    assert many.text(0) == "ffi" * 2_000
    assert many.text(1) == "x"
