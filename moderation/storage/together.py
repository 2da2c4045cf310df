"""Many callers, one at work: what comes while somebody works is done next, all at once.

There is no thread for it. Whoever comes while nobody works becomes the leader: it does its own together with all that
queued meanwhile, then hands the lead to the first that still waits. A lone call costs no change of threads, and the
longer the work takes, the more is done in one go.

A thread that runs several callers by turns (`GATHERER`) collects what they ask and has it done in one go itself.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Piece(Generic[T, R]):
    """One caller's item, and what became of it: a result, or an error for its caller."""

    __slots__ = ("_woken", "error", "item", "leads", "result")

    def __init__(self, item: T) -> None:
        self.item = item
        self.result: R
        self.error: BaseException | None = None
        self.leads = False
        self._woken = threading.Lock()
        self._woken.acquire()

    def wait(self) -> None:
        self._woken.acquire()

    def wake(self) -> None:
        self._woken.release()

    def answer(self) -> R:
        if self.error is not None:
            raise self.error
        return self.result


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    together: "Together[Any, Any]"
    piece: Piece[Any, Any]
    work: Callable[[Sequence[Piece[Any, Any]]], None]


class Gatherer(Protocol):
    def gather(self, asked: Asked) -> None:
        """Come back once the piece is answered."""


# Set by who runs several callers in one thread, in the context of each of them.
GATHERER: ContextVar[Gatherer | None] = ContextVar("gatherer", default=None)


class Together(Generic[T, R]):
    """Safe for any number of threads; a call from inside the work is refused, since it could only wait for itself."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._mutex = threading.Lock()
        self._waiting: deque[Piece[T, R]] = deque()
        self._leader: int | None = None
        self.busy = False

    def ask(self, item: T, work: Callable[[Sequence[Piece[T, R]]], None]) -> R:
        """What became of the item; `work` gives each piece its result or error, and must mean the same to all callers.

        What `work` raises is raised for every piece of its batch that has no error of its own.
        """
        piece: Piece[T, R] = Piece(item)
        gatherer = GATHERER.get()
        if gatherer is not None:
            gatherer.gather(Asked(self, piece, work))
            return piece.answer()
        if self._leader == threading.get_ident():
            raise RuntimeError("a call from inside the work")
        with self._mutex:
            self._waiting.append(piece)
            piece.leads, self.busy = not self.busy, True
        if not piece.leads:
            piece.wait()
        if piece.leads:
            self._lead(piece, work)
        return piece.answer()

    def _lead(self, own: Piece[T, R], work: Callable[[Sequence[Piece[T, R]]], None]) -> None:
        with self._mutex:
            batch = [self._waiting.popleft() for _ in range(min(self.most, len(self._waiting)))]
        self._leader = threading.get_ident()
        try:
            do(batch, work)
        finally:
            self._leader = None
            self._hand_over()
            for piece in batch:
                if piece is not own:
                    piece.wake()

    def _hand_over(self) -> None:
        with self._mutex:
            following = self._waiting[0] if self._waiting else None
            self.busy = following is not None
        if following is not None:
            following.leads = True
            following.wake()


def do(batch: Sequence[Piece[T, R]], work: Callable[[Sequence[Piece[T, R]]], None]) -> None:
    try:
        work(batch)
    except BaseException as error:
        for piece in batch:
            piece.error = piece.error or error
        if not isinstance(error, Exception):
            raise
