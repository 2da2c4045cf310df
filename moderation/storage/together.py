"""Many callers, one at work: what comes while somebody works is done next, all at once.

There is no thread for it. Whoever comes while nobody works becomes the leader: it does its own together with all that
queued meanwhile, then hands the lead to the first that still waits. A lone call costs no change of threads, and the
longer the work takes, the more is done in one go.

Who says beforehand that it will come (`coming`) is waited for, and so are as many as came together lately, a moment at
most: the batch is larger then, and what the leader sleeps is what the others need to get here. Alone, nobody waits.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
PATIENCE_S = 0.005


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


class Together(Generic[T, R]):
    """Safe for any number of threads; a call from inside the work is refused, since it could only wait for itself."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._mutex = threading.Lock()
        self._gathered = threading.Condition(self._mutex)
        self._waiting: deque[Piece[T, R]] = deque()
        self._coming: set[int] = set()  # threads
        self._lately = 1  # how many came together; one less each time that fewer come
        self._leader: int | None = None
        self.busy = False

    @contextmanager
    def coming(self) -> Iterator[None]:
        """While this thread is on its way to `ask`, or finds that it has nothing to ask."""
        me = threading.get_ident()
        with self._mutex:
            self._coming.add(me)
        try:
            yield
        finally:
            with self._mutex:
                self._here(me)

    def _here(self, thread: int) -> None:
        self._coming.discard(thread)
        if not self._more_expected():
            self._gathered.notify()

    def _more_expected(self) -> bool:
        return bool(self._coming) or len(self._waiting) < self._lately

    def ask(self, item: T, work: Callable[[Sequence[Piece[T, R]]], None]) -> R:
        """What became of the item; `work` gives each piece its result or error, and must mean the same to all callers.

        What `work` raises is raised for every piece of its batch that has no error of its own.
        """
        if self._leader == threading.get_ident():
            raise RuntimeError("a call from inside the work")
        piece: Piece[T, R] = Piece(item)
        with self._mutex:
            self._waiting.append(piece)
            self._here(threading.get_ident())
            piece.leads, self.busy = not self.busy, True
        if not piece.leads:
            piece.wait()
        if piece.leads:
            self._lead(piece, work)
        return piece.answer()

    def _lead(self, own: Piece[T, R], work: Callable[[Sequence[Piece[T, R]]], None]) -> None:
        with self._mutex:
            if self._more_expected():
                self._gathered.wait(PATIENCE_S)
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            self._lately = max(len(batch), self._lately - 1)
        self._leader = threading.get_ident()
        try:
            work(batch)
        except BaseException as error:
            for piece in batch:
                piece.error = piece.error or error
            if not isinstance(error, Exception):
                raise
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
