"""Views for and against: what evens them out, and that it leaves the rest alone."""

from __future__ import annotations

import numpy as np
import pytest

from models.evenhanded import differences, evened, pairs
from models.features import BUCKETS, COLUMNS
from models.hashed_text import HashedText

UNSEEN = [
    ("Our group opposes the airport.", "Our group supports the airport."),
    ("Nobody can be against the old harbour.", "Nobody can be for the old harbour."),
    ("A vote against the museum is due.", "A vote for the museum is due."),
]
ELSEWHERE = ["You are a complete idiot and everyone here hates you.", "Thank you, the soup was warm and lovely."]


@pytest.fixture(scope="module")
def transformer() -> HashedText:
    return HashedText().fit([left for left, _ in pairs()] + ELSEWHERE)


def test_both_sides_of_a_pair_differ_and_neither_is_left_with_a_slot() -> None:
    made = pairs()
    assert len(made) > 3_000
    assert all(left != right and "{" not in left + right for left, right in made)
    assert made == pairs()


def test_evened_weights_hardly_tell_the_sides_apart_and_say_the_same_of_other_texts(transformer: HashedText) -> None:
    drawn = np.random.default_rng(1).normal(size=COLUMNS).astype(np.float32)
    drawn[BUCKETS:] = 0
    apart = differences(transformer)
    moved = evened(drawn, apart)
    assert np.abs(apart @ moved).mean() < 0.1 * np.abs(apart @ drawn).mean()
    left, right = (transformer.transform([pair[side] for pair in UNSEEN]) for side in (0, 1))
    assert np.abs((left - right) @ moved).mean() < 0.8 * np.abs((left - right) @ drawn).mean()
    others = transformer.transform(ELSEWHERE)
    assert np.abs(others @ moved - others @ drawn).max() < 0.3 * np.abs(others @ drawn).max()
