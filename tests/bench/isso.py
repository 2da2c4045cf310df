"""The peer: Isso 0.14, in a virtual environment of its own under .peers/, moderation on, guard off.

Its traps, all met here: the guard's rate limit answers 403 after two posts a minute unless it is off;
`host` must be set even though nobody serves it; a new thread without a `title` makes Isso fetch the page;
two workers that start on an empty database race to write its preferences and one dies, so the database is
made first; the rollback journal (`journal_mode=delete`) with SQLite's default `synchronous=FULL` is what it
runs with, and what a committed comment survives is the same as with ours.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import answers, free_port, stop_tree, wait_until
from tests.support.service import ROOT

VERSION = "0.14.0"
PEER = ROOT / ".peers" / f"isso-{VERSION}"
CONFIG = """[general]
dbpath = {database}
host = http://localhost/
[moderation]
enabled = true
[guard]
enabled = false
[server]
public-endpoint = http://127.0.0.1:{port}
"""


@dataclass(frozen=True)
class Isso:
    url: str
    database: Path
    pid: int

    @property
    def new(self) -> str:
        return f"{self.url}/new?uri=%2Farticle%2F"

    def thread(self, uri: str) -> str:
        return f"{self.url}/?uri={uri}"

    def stored(self) -> int:
        with closing(sqlite3.connect(self.database, timeout=30)) as file:
            return int(file.execute("SELECT count(*) FROM comments").fetchone()[0])

    def durability(self) -> str:
        with closing(sqlite3.connect(self.database, timeout=30)) as file:
            journal = file.execute("PRAGMA journal_mode").fetchone()[0]
            synchronous = file.execute("PRAGMA synchronous").fetchone()[0]
        return f"SQLite, journal_mode={journal}, synchronous={('OFF', 'NORMAL', 'FULL')[synchronous]}"

    def approve(self, uri: str, texts: list[str]) -> None:
        """A thread of approved comments, for the reads, made from what was posted."""
        with closing(sqlite3.connect(self.database, timeout=30)) as file, file:
            file.execute("INSERT INTO threads (uri, title) VALUES (?, 'Article')", (uri,))
            thread = file.execute("SELECT id FROM threads WHERE uri = ?", (uri,)).fetchone()[0]
            for number, text in enumerate(texts):
                file.execute(
                    "INSERT INTO comments (tid, created, mode, remote_addr, text, author, email, website,"
                    " voters, likes, dislikes) SELECT ?, created + ?, 1, remote_addr, ?, author, email,"
                    " website, voters, 0, 0 FROM comments LIMIT 1 OFFSET ?",
                    (thread, number, text, number),
                )


def install() -> None:
    """Once: from the package index, into .peers/ (ignored by git)."""
    if (PEER / "bin" / "isso").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
    wanted = [f"isso=={VERSION}", f"gunicorn=={_our_gunicorn()}"]
    subprocess.run([PEER / "bin" / "pip", "install", "--quiet", *wanted], check=True)


def _our_gunicorn() -> str:
    from importlib.metadata import version

    return version("gunicorn")


@contextmanager
def running_isso(folder: Path) -> Iterator[Isso]:
    install()
    port, database = free_port(), folder / "isso.sqlite3"
    config = folder / "isso.cfg"
    config.write_text(CONFIG.format(database=database, port=port), encoding="utf-8")
    environment = {**os.environ, "ISSO_SETTINGS": str(config), "PYTHONPATH": ""}
    with (folder / "isso.log").open("wb") as log:
        make_database = [PEER / "bin" / "python", "-c", "import isso.run"]
        subprocess.run(make_database, check=True, env=environment, stdout=log, stderr=log)
        server = subprocess.Popen(
            [PEER / "bin" / "gunicorn", "-w2", "-b", f"127.0.0.1:{port}", "isso.run:application"],
            env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until(lambda: answers(port), within_s=20, what="Isso's start")
        yield Isso(f"http://127.0.0.1:{port}", database, server.pid)
    finally:
        stop_tree(server)
