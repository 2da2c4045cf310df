"""Each errand is done with the mouse and by keyboard alone, at three widths, light and dark; some of it each time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

WIDTHS = {1600: 1000, 1024: 768, 360: 760}
LONG = (pytest.mark.long, pytest.mark.timeout(300))


@dataclass(frozen=True)
class Way:
    hand: str
    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.hand}-{self.width}-{self.scheme}"


WAYS = {str(way): way for way in itertools.starmap(Way, itertools.product(
    ("mouse", "keyboard"), WIDTHS, ("light", "dark")
))}  # fmt: skip


def errand(*each_time: str) -> pytest.MarkDecorator:
    """Done in every way in the long run, in these each time."""
    unknown = set(each_time) - set(WAYS)
    assert not unknown, unknown
    return pytest.mark.parametrize(
        "way", [pytest.param(way, id=name, marks=() if name in each_time else LONG) for name, way in WAYS.items()]
    )
