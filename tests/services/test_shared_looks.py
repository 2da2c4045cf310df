"""Texts that programs show at the same time share one look, and each gets what it would get alone."""

import threading
from collections.abc import Sequence

import pytest

from models import shelf
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing, Opinion
from moderation.services.shared_looks import LONG, SharedLooks


class Counting:
    """The shipped scorer, which waits in its first look until the others have queued."""

    def __init__(self) -> None:
        self.scorer = Scorer(shelf.SHIPPED)
        self.looks: list[int] = []
        self.first_begun, self.go_on = threading.Event(), threading.Event()

    def opinions(self, texts: Sequence[str], site_id: str | Sequence[str] = "") -> list[Opinion | Missing]:
        self.looks.append(len(texts))
        if len(self.looks) == 1:
            self.first_begun.set()
            assert self.go_on.wait(30)
        return self.scorer.opinions(texts, site_id)


@pytest.fixture
def counting() -> Counting:
    return Counting()


def test_those_who_wait_share_the_next_look(counting: Counting) -> None:
    looks = SharedLooks(counting)  # type: ignore[arg-type]
    texts = [[f"You are idiot number {number}", "and a fool"][: 1 + number % 2] for number in range(7)]
    found: dict[int, list[Opinion | Missing]] = {}

    def ask(number: int) -> None:
        found[number] = looks.opinions(texts[number], f"site-{number % 3}")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(7)]
    threads[0].start()
    assert counting.first_begun.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(looks._together._waiting) < 6:
        pass
    counting.go_on.set()
    for thread in threads:
        thread.join(30)
    assert counting.looks == [1, 9]
    for number, asked in enumerate(texts):
        assert found[number] == counting.scorer.opinions(asked)


def test_a_long_text_is_looked_at_alone(counting: Counting) -> None:
    counting.go_on.set()
    looks = SharedLooks(counting)  # type: ignore[arg-type]
    together = looks._together
    together.busy = True  # as if somebody were looking
    assert len(looks.opinions(["word " * LONG], "")) == 1
