"""One door to SQL: `read` for snapshots, `write` for a transaction that is on disk when it returns.

SQLite has one writer at a time and pays one fsync a commit, so the writes of a process that wait are
committed together (group_commit.py). PostgreSQL does that by itself.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from moderation.storage.group_commit import GroupCommit, WriterLock

T = TypeVar("T")
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    # Pages that many commits touch are written back once; the log grows to 16 MB instead of 4.
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-65536",
    "PRAGMA mmap_size=268435456",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",
)
# Serialization failure, deadlock, and a server that went away or shuts down.
RETRIED = ("40001", "40P01", "57P01", "57P02", "57P03", "08006", "08003", "08001")


class Unavailable(Exception):
    """The database cannot be reached or has no room; nothing was stored. Worth trying again."""


class Database:
    """Engine, and the one way to write. Made once per process, after any fork."""

    def __init__(self, engine: Engine, group_commit: GroupCommit | None) -> None:
        self.engine = engine
        self._group_commit = group_commit
        alone = {"sqlite_begin": ""} if group_commit is not None else {"isolation_level": "AUTOCOMMIT"}
        self._glancing = engine.execution_options(**alone)
        # Kept open between glances: fetching a connection from the pool costs more than what is asked of it.
        self._idle: deque[Connection] = deque()

    @property
    def is_sqlite(self) -> bool:
        return self._group_commit is not None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except OperationalError as error:
            raise Unavailable(_first_line(error)) from error

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Several statements that see the same moment, which `read` promises on SQLite alone."""
        with self.read() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """For statements that stand alone: without the snapshot that several would need, and its cost."""
        connection = self._idle_connection()
        try:
            yield connection
        except BaseException as error:
            connection.close()
            if isinstance(error, OperationalError):
                self._close_idle()  # they lead to the same server
                raise Unavailable(_first_line(error)) from error
            raise
        if connection.in_transaction():
            connection.close()
        else:
            self._idle.append(connection)

    def _idle_connection(self) -> Connection:
        with suppress(IndexError):
            return self._idle.pop()
        try:
            return self._glancing.connect()
        except OperationalError as error:
            raise Unavailable(_first_line(error)) from error

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction and return once it is durable.

        `work` may run more than once (a serialization failure, a lost connection), so it must touch
        nothing but its connection.
        """
        if self._group_commit is not None:
            try:
                return self._group_commit.write(work)
            except OperationalError as error:
                raise Unavailable(_first_line(error)) from error
        return self._write_alone(work)

    def _write_alone(self, work: Callable[[Connection], T]) -> T:
        for attempt in range(4):
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                passing = getattr(error.orig, "sqlstate", None) in RETRIED or error.connection_invalidated
                if not passing and not isinstance(error, OperationalError):
                    raise
                if attempt == 3:
                    raise Unavailable(_first_line(error)) from error
                time.sleep(0.05 * 3**attempt)
        raise AssertionError("unreachable")

    def ping(self) -> None:
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        if self._group_commit is not None:
            self._group_commit.close()
        self._close_idle()
        self.engine.dispose()


def open_database(url: str, *, pool_size: int = 12) -> Database:
    """Open without touching the disk; the first statement connects.

    An error never quotes the values of its statement: they may be somebody's words or address.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url, poolclass=QueuePool, pool_size=pool_size, max_overflow=pool_size,
            connect_args={"check_same_thread": False, "timeout": 10}, hide_parameters=True,
        )  # fmt: skip
        _prepare_sqlite(engine)
        lock = WriterLock(engine.url.database or "")
        return Database(engine, GroupCommit(engine, lock))
    engine = create_engine(
        postgresql_url(url), pool_size=pool_size, max_overflow=pool_size, pool_timeout=2, pool_pre_ping=False,
        connect_args={"connect_timeout": 3}, hide_parameters=True,
    )  # fmt: skip
    return Database(engine, None)


def postgresql_url(url: str) -> str:
    """Any usual spelling of a PostgreSQL address, for the driver we ship."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver's own would come too late
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        if kind:
            connection.exec_driver_sql(f"BEGIN {kind}")


def _first_line(error: BaseException) -> str:
    orig = getattr(error, "orig", None) or error
    return str(orig).splitlines()[0][:200] if str(orig) else type(orig).__name__
