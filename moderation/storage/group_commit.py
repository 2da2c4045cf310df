"""Many small transactions, one fsync: the single writer of a SQLite file within a process.

Each piece of work runs in a savepoint of a shared transaction, so that one which fails takes back
only itself. Callers are told after the commit, never before.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from moderation.storage.together import Piece, Together

T = TypeVar("T")
Work = Callable[[Connection], Any]
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


class GroupCommit:
    def __init__(self, engine: Engine, lock: WriterLock) -> None:
        self._engine = engine.execution_options(sqlite_begin="IMMEDIATE")
        self._lock = lock
        self._together: Together[Work, Any] = Together(MOST_AT_ONCE)
        self._closed = False
        self._connection: Connection | None = None  # the leader's

    def write(self, work: Callable[[Connection], T]) -> T:
        if self._closed:
            raise RuntimeError("the database is closed")
        result: T = self._together.ask(work, self._commit)
        return result

    def close(self) -> None:
        """Refuse what comes from now on; what came before is still written by its callers."""
        self._closed = True
        if self._connection is not None and not self._together.busy:
            self._connection.close()
            self._connection = None

    def _commit(self, batch: Sequence[Piece[Work, Any]]) -> None:
        """All of it or, if the shared transaction fails, nothing."""
        with self._lock, self._begun() as connection:
            if len(batch) == 1:
                batch[0].result = batch[0].item(connection)
            else:
                for piece in batch:
                    _attempt(connection, piece)

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


def _attempt(connection: Connection, piece: Piece[Work, Any]) -> None:
    connection.exec_driver_sql("SAVEPOINT work")
    try:
        piece.result = piece.item(connection)
    except Exception as error:
        connection.exec_driver_sql("ROLLBACK TO work")
        piece.error = error
    connection.exec_driver_sql("RELEASE work")
