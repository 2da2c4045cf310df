"""Agreement beyond chance, and how far two histograms are apart."""

import pytest

from moderation.domain.agreement import alpha, stability

# Krippendorff (2011), section C: four observers, twelve units, some not judged; nominal alpha is 0.743.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def test_the_published_example_gives_the_published_figure() -> None:
    observers = [line.split() for line in PUBLISHED.strip().splitlines()]
    units = [[value for value in unit if value != "."] for unit in zip(*observers, strict=True)]
    found = alpha(units)
    assert found is not None and round(found, 3) == 0.743


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([], None),
        ([["a"], ["b"]], None),
        ([["a", "a"], ["a", "a"]], 1.0),
        ([["a", "a"], ["b", "b"]], 1.0),
        ([["a", "b"], ["b", "a"]], -0.5),
    ],
)
def test_the_ends_of_the_scale(units: list[list[str]], expected: float | None) -> None:
    assert alpha(units) == expected


def test_the_same_histogram_is_stable_and_another_is_not() -> None:
    assert stability([10, 20, 30], [100, 200, 300]) == pytest.approx(0, abs=0.01)
    shifted = stability([80, 15, 5], [5, 15, 80])
    assert shifted is not None and shifted > 1
    assert stability([0, 0], [1, 2]) is None
