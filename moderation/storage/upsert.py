"""INSERT … ON CONFLICT in either dialect; SQLAlchemy keeps one class for each."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_for(conn: Connection, table: Table) -> Any:
    return insert_into(conn.dialect.name, table)


def insert_into(dialect: str, table: Table) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
