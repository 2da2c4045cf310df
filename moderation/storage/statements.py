"""Statements of the hot path: written with SQLAlchemy, compiled once a dialect, then handed to the driver as they are.

A run costs a fifth of what `Connection.execute` costs, which looks the compiled form up anew, wraps the result and
tells its listeners. What is kept is what callers rely on: transactions are the connection's, errors are SQLAlchemy's
and quote no values, and a connection that broke is thrown away.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, cast

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from moderation.storage.rows import Record

Parameters = dict[str, Any]


class _Compiled(NamedTuple):
    sql: str
    constants: Parameters
    order: Sequence[str] | None  # of positional parameters; None where the driver takes them by name
    row: Callable[[Sequence[Any]], Any] | None

    def values(self, parameters: Parameters) -> Any:
        given = {**self.constants, **parameters} if self.constants else parameters
        return given if self.order is None else [given[name] for name in self.order]


class Statement:
    """`of` is the statement, or gives it for the name of a dialect. Its parameters are its bindparams, or the
    columns of an INSERT named by `columns`."""

    def __init__(self, of: ClauseElement | Callable[[str], ClauseElement], *, columns: Sequence[str] = ()) -> None:
        self._of = of
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def run(self, conn: Connection, parameters: Parameters) -> int:
        """How many rows it changed."""
        return int(self._execute(conn, parameters).rowcount)

    def run_many(self, conn: Connection, rows: Sequence[Parameters]) -> None:
        """Once for each of the rows, in their order."""
        if len(rows) == 1:
            self._execute(conn, rows[0])
        elif rows:
            self._execute_many(conn, rows)

    def scalar(self, conn: Connection, parameters: Parameters) -> Any:
        """The first column of the one row that it gives."""
        return self._execute(conn, parameters).fetchall()[0][0]

    def one_or_none(self, conn: Connection, parameters: Parameters) -> Record | None:
        found = self.all(conn, parameters)
        return found[0] if found else None

    def all(self, conn: Connection, parameters: Parameters) -> list[Record]:
        rows = self._execute(conn, parameters).fetchall()
        make = self._for(conn).row
        return [cast("Record", make(row)) for row in rows] if make is not None else []

    def _execute(self, conn: Connection, parameters: Parameters) -> Any:
        compiled = self._for(conn)
        cursor = conn.connection.cursor()
        try:
            cursor.execute(compiled.sql, compiled.values(parameters))
        except conn.dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy(conn, compiled.sql, error) from error
        return cursor

    def _execute_many(self, conn: Connection, rows: Sequence[Parameters]) -> None:
        compiled = self._for(conn)
        cursor = conn.connection.cursor()
        try:
            cursor.executemany(compiled.sql, [compiled.values(row) for row in rows])
        except conn.dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy(conn, compiled.sql, error) from error

    def _for(self, conn: Connection) -> _Compiled:
        found = self._compiled.get(conn.dialect.name)
        if found is None:
            found = self._compiled[conn.dialect.name] = self._compile(conn)
        return found

    def _compile(self, conn: Connection) -> _Compiled:
        of = self._of(conn.dialect.name) if callable(self._of) else self._of
        compiled = cast("SQLCompiler", of.compile(dialect=conn.dialect, column_keys=list(self._columns) or None))
        given = {name for name, value in compiled.params.items() if value is None} | {*self._columns}
        constants = {name: value for name, value in compiled.params.items() if name not in given}
        order = compiled.positiontup if compiled.positional else None
        names = [column.name for column in compiled._result_columns] if compiled._result_columns else []
        row: Any = namedtuple("row", names) if names else None
        return _Compiled(str(compiled), constants, order, row._make if row is not None else None)


def _as_sqlalchemy(conn: Connection, sql: str, error: Any) -> BaseException:
    dbapi = conn.dialect.loaded_dbapi
    if conn.dialect.is_disconnect(error, conn.connection, None):
        with suppress(DBAPIError):
            conn.exec_driver_sql("SELECT 1")  # fails as well, and SQLAlchemy throws the pool's connections away
    return DBAPIError.instance(
        sql, None, error, dbapi.Error, hide_parameters=True, connection_invalidated=conn.invalidated,
        dialect=conn.dialect,
    )  # fmt: skip
