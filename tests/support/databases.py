"""Fresh, migrated databases for tests: a copy of a template that was migrated once a session."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import settings
from tests.support.postgres import Cluster

KINDS = ("sqlite", "postgresql")
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30


@contextmanager
def in_memory_folder() -> Iterator[Path | None]:
    """A folder that waits for no disk, or None where the machine has none with room.

    SQLite waits for the disk at every commit. A process that is killed loses nothing by that; what a disk does when
    the power goes is its maker's business, as PostgreSQL's is PostgreSQL's.
    """
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="moderato-sqlite-", dir=MEMORY) as folder:
        yield Path(folder)


def migrate(url: str) -> None:
    """Bring an empty database to the newest schema, with the tests' one site, by the service's own code."""
    from moderation.storage.migrate import upgrade

    upgrade(url)
    allow_origin(url, settings.SITE_ORIGIN)


def allow_origin(url: str, origin: str) -> None:
    """Let pages of this origin embed the form; running processes notice within two seconds."""
    from moderation.services.sites import add_site
    from moderation.storage.database import open_database

    database = open_database(url)
    try:
        now = time.time_ns() // 1000
        add_site(database, key=settings.SITE, name="Test Gazette", origins=[origin], now=now)
    finally:
        database.close()


class Databases:
    """Hands out databases of either kind and drops the PostgreSQL ones that it made."""

    def __init__(self, folder: Path, cluster: Callable[[], Cluster | None]) -> None:
        self._folder = folder
        self._cluster = cluster  # starts the server at the first call
        self._started: Cluster | None = None
        self._numbers = itertools.count(1)
        self._template: dict[str, str] = {}

    def empty(self, kind: str) -> str:
        """The URL of a database without any table."""
        if kind == "sqlite":
            return f"sqlite:///{self._new_file()}"
        return self._server().url(self._server().create())

    def migrated(self, kind: str) -> str:
        """The URL of a database as the service finds it at its first start."""
        if kind not in self._template:
            self._template[kind] = self.empty(kind)
            migrate(self._template[kind])
        template = self._template[kind]
        if kind == "sqlite":
            copy = self._new_file()
            shutil.copyfile(template.removeprefix("sqlite:///"), copy)
            return f"sqlite:///{copy}"
        return self._server().url(self._server().create(template.rpartition("/")[2]))

    def drop(self, url: str) -> None:
        if url.startswith("sqlite"):
            for suffix in ("", "-wal", "-shm"):
                Path(url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)
        else:
            self._server().drop(url.rpartition("/")[2])

    def close(self) -> None:
        for template in self._template.values():
            self.drop(template)

    def _new_file(self) -> Path:
        return self._folder / f"moderato-{next(self._numbers)}.sqlite3"

    def _server(self) -> Cluster:
        self._started = self._started or self._cluster()
        if self._started is None:
            sentence = "no PostgreSQL: install the test extra, or set TEST_DATABASE_URL to a server's URL"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(sentence)
        return self._started
