"""Copies a database to a file while it is in use, and brings such a file back.

SQLite: a snapshot by the database itself (VACUUM INTO). PostgreSQL: its own pg_dump and pg_restore,
which must be on PATH and no older than the server.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, inspect, make_url, select

from moderation.storage.database import open_database
from moderation.storage.schema import metadata


class BackupFailed(Exception):
    """The message says what the database or its tool said."""


def dump(database_url: str, target: Path) -> None:
    if _is_sqlite(database_url):
        try:
            with _sqlite(_sqlite_path(database_url)) as source:
                source.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            raise BackupFailed(str(error)) from error
    else:
        _postgres("pg_dump", database_url, "--format=custom", "--no-owner", f"--file={target}")


def load(database_url: str, source: Path) -> None:
    """Put what `dump` wrote in the place of whatever is there. Nothing may run on the database."""
    if _is_sqlite(database_url):
        _check_sqlite(source)
        path = _sqlite_path(database_url)
        path.parent.mkdir(parents=True, exist_ok=True)
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        draft = path.with_name(path.name + ".restoring")
        shutil.copyfile(source, draft)
        draft.chmod(0o600)
        draft.replace(path)
    else:
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _postgres("pg_restore", database_url, *options, str(source))


def counts(database_url: str) -> dict[str, int]:
    """Rows in each of our tables; empty where there are none of them."""
    if _is_sqlite(database_url) and not _sqlite_path(database_url).exists():
        return {}
    database = open_database(database_url)
    try:
        with database.read() as conn:
            there = set(inspect(conn).get_table_names())
            tables = [table for table in metadata.sorted_tables if table.name in there]
            rows = {table.name: select(func.count()).select_from(table) for table in tables}
            return {name: int(conn.execute(query).scalar_one()) for name, query in rows.items()}
    finally:
        database.close()


def _check_sqlite(path: Path) -> None:
    try:
        with _sqlite(path) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupFailed(str(error)) from error
    if verdict != "ok":
        raise BackupFailed(f"the copy is damaged: {verdict}")


def _sqlite(path: Path) -> closing[sqlite3.Connection]:
    # closing(): a connection's own `with` ends a transaction and leaves the file open.
    return closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=30))


def _postgres(tool: str, database_url: str, *arguments: str) -> None:
    program = shutil.which(tool)
    if program is None:
        raise BackupFailed(f"{tool} is not on PATH (Debian: apt-get install postgresql-client)")
    # By the environment, not the command line, which every user of the machine can read.
    url = make_url(database_url)
    given = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port or url.query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
    }
    environ = {**os.environ, **{name: str(value) for name, value in given.items() if value}}
    target = ["--dbname", url.database or ""] if tool == "pg_restore" else []
    done = subprocess.run([program, *target, *arguments], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise BackupFailed(f"{tool}: {last}")


def _is_sqlite(database_url: str) -> bool:
    return database_url.startswith("sqlite")


def _sqlite_path(database_url: str) -> Path:
    return Path(make_url(database_url).database or "")
