"""Ids sort by the moment they were made, to the microsecond, and tell it to the millisecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.storage.ids import is_id, lowest_id, made_at, new_id

NOW = 1_795_689_461_527_269
MOMENTS = st.integers(0, 8_000_000_000_000_000)


@given(MOMENTS, st.integers(1, 2_000))
def test_what_is_made_later_sorts_later(at: int, later_by: int) -> None:
    assert new_id(at) < new_id(at + later_by)


@given(MOMENTS)
def test_an_id_tells_its_millisecond_and_sorts_after_the_lowest_of_its_moment(at: int) -> None:
    id = new_id(at)
    assert is_id(id)
    assert made_at(id) == at // 1000 * 1000
    assert lowest_id(at) <= id < lowest_id(at + 1_000)


@pytest.mark.parametrize("step", [0, 1])
def test_no_id_comes_twice(step: int) -> None:
    assert len({new_id(NOW + step * place) for place in range(10_000)}) == 10_000
