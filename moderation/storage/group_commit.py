"""Many small transactions, one fsync: the single writer of a SQLite file within a process.

Each piece of work runs in a savepoint of a shared transaction, so that one which fails takes back
only itself. Callers are told after the commit, never before.

There is no writer thread. Whoever comes while nobody writes becomes the leader: it commits its own
work together with all that queued meanwhile, then hands the lead to the first that still waits. A lone
write costs no change of threads, and the longer an fsync takes, the larger the next group is.
"""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
MOST_AT_ONCE = 128


class WriterLock:
    """Whose turn it is among the processes of this machine.

    SQLite's own lock is polled with sleeps, which starves writers under load; the kernel wakes the
    next one in line.
    """

    def __init__(self, database_path: str) -> None:
        self._path = f"{database_path}-turn" if database_path and database_path != ":memory:" else ""
        self._fd: int | None = None

    def __enter__(self) -> None:
        if not self._path:
            return
        if self._fd is None:
            self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)


class _Piece:
    """One caller's work, and what became of it."""

    __slots__ = ("_woken", "error", "leads", "result", "work")

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self._woken = threading.Lock()
        self._woken.acquire()

    def wait(self) -> None:
        self._woken.acquire()

    def wake(self) -> None:
        self._woken.release()


class GroupCommit:
    def __init__(self, engine: Engine, lock: WriterLock) -> None:
        self._engine = engine.execution_options(sqlite_begin="IMMEDIATE")
        self._lock = lock
        self._mutex = threading.Lock()
        self._waiting: deque[_Piece] = deque()
        self._writing = False
        self._leader: int | None = None
        self._closed = False
        self._connection: Connection | None = None  # the leader's

    def write(self, work: Callable[[Connection], T]) -> T:
        if self._closed:
            raise RuntimeError("the database is closed")
        if self._leader == threading.get_ident():
            raise RuntimeError("a write inside a write")
        piece = _Piece(work)
        with self._mutex:
            self._waiting.append(piece)
            piece.leads, self._writing = not self._writing, True
        if not piece.leads:
            piece.wait()
        if piece.leads:
            self._lead(piece)
        if piece.error is not None:
            raise piece.error
        return piece.result

    def close(self) -> None:
        """Refuse what comes from now on; what came before is still written by its callers."""
        self._closed = True
        if self._connection is not None and not self._writing:
            self._connection.close()
            self._connection = None

    def _lead(self, own: _Piece) -> None:
        with self._mutex:
            batch = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
        self._leader = threading.get_ident()
        try:
            self._commit(batch)
        finally:
            self._leader = None
            self._hand_over()
            for piece in batch:
                if piece is not own:
                    piece.wake()

    def _hand_over(self) -> None:
        with self._mutex:
            following = self._waiting[0] if self._waiting else None
            self._writing = following is not None
        if following is not None:
            following.leads = True
            following.wake()

    def _commit(self, batch: list[_Piece]) -> None:
        try:
            with self._lock, self._begun() as connection:
                if len(batch) == 1:
                    batch[0].result = batch[0].work(connection)
                else:
                    for piece in batch:
                        _attempt(connection, piece)
        except BaseException as error:
            # The shared transaction failed: nobody's work is stored.
            for piece in batch:
                piece.error = piece.error or error
            if not isinstance(error, Exception):
                raise


    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        """A transaction on the writer's connection, which is kept as long as nothing goes wrong on it."""
        connection, self._connection = self._connection or self._engine.connect(), None
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        self._connection = connection


def _attempt(connection: Connection, piece: _Piece) -> None:
    connection.exec_driver_sql("SAVEPOINT work")
    try:
        piece.result = piece.work(connection)
    except Exception as error:
        connection.exec_driver_sql("ROLLBACK TO work")
        piece.error = error
    connection.exec_driver_sql("RELEASE work")
