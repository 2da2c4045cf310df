"""The single writer: who fails takes back only itself, and nobody is told before it is on disk."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from moderation.storage.database import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    database.write(lambda conn: conn.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)")))
    yield database
    database.close()


def insert(conn: Connection, n: int) -> int:
    conn.execute(text("INSERT INTO t VALUES (:n)"), {"n": n})
    return n


def numbers(database: Database) -> set[int]:
    with database.read() as conn:
        return set(conn.execute(text("SELECT n FROM t")).scalars())


def test_what_fails_in_a_group_takes_back_only_itself(database: Database) -> None:
    together = threading.Barrier(40)
    failed: list[int] = []

    def one(n: int) -> None:
        def work(conn: Connection) -> None:
            insert(conn, n)
            if n % 3 == 0:
                raise ZeroDivisionError

        together.wait()
        try:
            database.write(work)
        except ZeroDivisionError:
            failed.append(n)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(failed) == [n for n in range(40) if n % 3 == 0]
    assert numbers(database) == {n for n in range(40) if n % 3}


def test_a_write_is_visible_to_another_process_when_it_returns(database: Database, tmp_path: Path) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    for n in range(20):
        database.write(lambda conn, n=n: insert(conn, n))  # type: ignore[misc]
        assert n in numbers(other)
    other.close()


def test_two_writers_of_one_file_both_get_their_turn(database: Database, tmp_path: Path) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'x.sqlite3'}")

    def many(writer: Database, start: int) -> None:
        for n in range(start, start + 100):
            writer.write(lambda conn, n=n: insert(conn, n))  # type: ignore[misc]

    threads = [threading.Thread(target=many, args=(w, s)) for w, s in ((database, 0), (other, 1000))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers(database)) == 200
    other.close()


def test_the_settings_that_make_a_commit_durable_are_on(database: Database) -> None:
    with database.read() as conn:
        assert conn.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert conn.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert conn.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_write_inside_a_write_is_named_and_not_a_deadlock(database: Database) -> None:
    with pytest.raises(RuntimeError, match="inside"):
        database.write(lambda _conn: database.write(lambda conn: insert(conn, 1)))
