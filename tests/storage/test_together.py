"""Many callers, one at work: each gets its own answer, once."""

import threading
import time
from collections.abc import Sequence

import pytest

from moderation.storage.together import Piece, Together

Batch = Sequence[Piece[int, int]]


def in_threads(count: int, one: object) -> None:
    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def test_each_caller_gets_its_own_answer_and_what_waits_is_done_in_one_go() -> None:
    together: Together[int, int] = Together(most=16)
    sizes: list[int] = []
    answers: dict[int, int] = {}

    def work(batch: Batch) -> None:
        sizes.append(len(batch))
        time.sleep(0.01)
        for piece in batch:
            piece.result = piece.item * 2

    in_threads(60, lambda n: answers.update({n: together.ask(n, work)}))
    assert answers == {n: n * 2 for n in range(60)}
    assert sum(sizes) == 60
    assert 1 < max(sizes) <= 16


def test_an_error_is_its_callers_alone_and_one_of_the_work_is_everybodys() -> None:
    together: Together[int, int] = Together(most=100)
    started = threading.Barrier(21)
    told: dict[int, str] = {}

    def work(batch: Batch) -> None:
        for piece in batch:
            if piece.item % 2:
                piece.error = ZeroDivisionError(str(piece.item))
        raise KeyError("the work")

    def one(n: int) -> None:
        started.wait()
        try:
            together.ask(n, work)
        except (ZeroDivisionError, KeyError) as error:
            told[n] = type(error).__name__

    in_threads(21, one)
    assert told == {n: "ZeroDivisionError" if n % 2 else "KeyError" for n in range(21)}
    assert not together.busy


def test_a_call_from_inside_the_work_is_named_and_not_a_deadlock() -> None:
    together: Together[int, int] = Together(most=2)
    with pytest.raises(RuntimeError, match="inside"):
        together.ask(1, lambda _batch: together.ask(2, lambda _batch: None))  # type: ignore[func-returns-value]
