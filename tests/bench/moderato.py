"""Our own side: the real web processes (and Redis, worker and clock) over a database of a given size."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.bench import load
from tests.bench.load import Measured, Posts
from tests.journeys import ledger_check
from tests.support.service import Service, running_service
from tests.support.settings import SITE, SITE_ORIGIN

READ = f"{SITE_ORIGIN}/read"


@dataclass(frozen=True)
class Moderato:
    service: Service
    texts: Path
    token: str

    def post(self, seconds: float) -> Measured:
        address = f"{self.service.url}/api/v1/comments"
        posts = Posts("moderato", address, self.texts, form_token=self.token)
        return load.metered(self.service.pid("web"), lambda: posts.run(seconds), seconds)

    def read(self, seconds: float) -> Measured:
        """The same thread again and again; each process keeps what it rendered last."""
        address = f"{self.service.url}/api/v1/threads?site={SITE}&url={quote(READ, safe='')}"
        return load.metered(self.service.pid("web"), lambda: load.read(address, seconds), seconds)

    def stored(self) -> int:
        with ledger_check.rows_of(self.service.database_url) as rows:
            return int(rows("SELECT count(*) FROM comments")[0][0])


@contextmanager
def running_moderato(database_url: str, folder: Path, texts: Path, *names: str) -> Iterator[Moderato]:
    with running_service(database_url, folder, *names, LOG_LEVEL="INFO") as service:
        address = f"{service.url}/api/v1/form?site={SITE}&url={quote(READ, safe='')}"
        with urllib.request.urlopen(address) as reply:
            token = json.load(reply)["token"]
        time.sleep(2.1)  # the policy holds what is sent faster than a person types
        yield Moderato(service, texts, token)


def a_thread_of_twenty(database_url: str, site_id: str, texts: list[str]) -> None:
    """A page with 20 approved comments to read, made of the newest that are stored."""
    with ledger_check.rows_of(database_url) as rows:
        if rows(f"SELECT 1 FROM threads WHERE url = '{READ}'"):
            return
        newest = [row[0] for row in rows("SELECT id FROM comments ORDER BY id DESC LIMIT 20")]
    thread = "0" * 25 + "r"
    ledger_check.execute(
        database_url,
        "INSERT INTO threads (id, site_id, url, title, open, approved, version, created_at)"
        f" VALUES ('{thread}', '{site_id}', '{READ}', 'Article', true, 20, 1, 1)",
    )
    listed = ", ".join(f"'{one}'" for one in newest)
    ledger_check.execute(
        database_url, f"UPDATE comments SET thread_id = '{thread}', state = 'approved' WHERE id IN ({listed})"
    )
