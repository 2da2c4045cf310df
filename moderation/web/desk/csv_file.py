"""Rows as CSV (RFC 4180), line by line; no cell is a formula to the program that opens it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield _line(buffer, writer, columns)
    for row in rows:
        yield _line(buffer, writer, [_cell(value) for value in row])


def _line(buffer: io.StringIO, writer: Any, row: Sequence[Any]) -> str:
    writer.writerow(row)
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value
