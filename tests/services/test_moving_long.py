"""Moving beside the real Isso 0.14.0, and a file of hundreds of megabytes in little memory, killed on its way.

MOVING_MEGABYTES=1000 makes that file a gigabyte; docs/moving.md has what came of it.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from moderation.storage import backup
from moderation.wiring import Wiring
from tests.bench import isso as peer
from tests.services import moving_files as files
from tests.services.test_moving import bring_in, here, recount
from tests.services.test_moving_out import elsewhere, hand_out_wxr, write  # noqa: F401
from tests.support import settings as test_settings

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = int(os.environ.get("MOVING_MEGABYTES", "200"))
MOST_MEMORY_MB = 500


def isso_reads(wxr: Path, folder: Path) -> Path:
    """Isso's own importer, on an empty database; what it made."""
    peer.install()
    folder.mkdir()
    database, config = folder / "isso.db", folder / "isso.cfg"
    config.write_text(f"[general]\ndbpath = {database}\nhost = http://news.test/\n", encoding="utf-8")
    subprocess.run(
        [peer.PEER / "bin" / "isso", "-c", config, "import", "-t", "wordpress", wxr], check=True, timeout=100,
        env={**os.environ, "TZ": "UTC", "PYTHONPATH": ""}, capture_output=True,
    )  # fmt: skip
    return database


def isso_has(database: Path) -> list[tuple[Any, ...]]:
    """Its comments without numbers of its own: a parent is told by its text."""
    with closing(sqlite3.connect(database)) as file:
        return sorted(
            file.execute(
                "SELECT t.uri, t.title, c.text, c.author, c.email, c.website, c.created, c.mode, coalesce(p.text, '') "
                "FROM comments c JOIN threads t ON t.id = c.tid LEFT JOIN comments p ON p.id = c.parent"
            )
        )


@pytest.fixture
def wordpress(tmp_path: Path) -> Path:
    """What both of us take: Isso takes pingbacks for comments, and HTML for Markdown."""
    one = [
        files.wxr_comment(1, "Emoji 🙂 &amp; 1 &lt; 2", author="Ada L.", url="http://ada.test"),
        files.wxr_comment(2, "An answer.\n\nIn two paragraphs,\nthree lines.", parent=1),
        files.wxr_comment(3, "Held.", approved="0", parent=2),
        files.wxr_comment(4, "Thrown away.", approved="trash"),
        files.wxr_comment(5, "An answer\u2028far down.", parent=3, date="2024-05-02 23:59:59"),
    ]
    two = [files.wxr_comment(6, "Elsewhere ]]]]><![CDATA[> here.")]
    return files.wxr(
        tmp_path / "wordpress.xml", files.wxr_item(one),
        files.wxr_item(two, link="http://news.test/?p=12", title="Ünother &amp; page"),
    )  # fmt: skip


def test_isso_reads_our_export_as_it_reads_wordpress_own(wiring: Wiring, wordpress: Path, tmp_path: Path) -> None:
    direct = isso_reads(wordpress, tmp_path / "direct")
    assert bring_in(wiring, "wxr", wordpress).taken == 6
    by_us = isso_reads(write(wiring, tmp_path / "ours.xml", hand_out_wxr), tmp_path / "by-us")
    assert len(isso_has(direct)) == 6
    assert isso_has(by_us) == isso_has(direct)


def test_a_database_that_isso_made_brings_what_isso_read(
    wiring: Wiring, elsewhere: Wiring, wordpress: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    made = isso_reads(wordpress, tmp_path / "direct")
    report = bring_in(elsewhere, "isso", made)
    assert (report.taken, dict(report.left), dict(report.changed)) == (6, {}, {})
    bring_in(wiring, "wxr", wordpress)
    # Isso keeps HTML as it was, marks line breaks for Markdown, and knows no trash.
    ours = {(row.name, row.website, row.url, row.title, row.created_at) for row in here(wiring).values()}
    assert {(row.name, row.website, row.url, row.title, row.created_at) for row in here(elsewhere).values()} == ours
    assert report.states == {"approved": 4, "pending": 2}
    recount(elsewhere)


def test_comments_posted_to_the_real_isso_come_along(wiring: Wiring, tmp_path: Path) -> None:
    import requests

    with peer.running_isso(tmp_path) as running:
        for number, parent in ((1, None), (2, 1)):
            body = {"text": f"Comment number {number}.", "author": f"R{number}", "title": "Article", "parent": parent}
            email = {"email": f"r{number}@readers.example.org"} if number == 1 else {}
            assert requests.post(running.new, json={**body, **email}, timeout=20).status_code in (201, 202)
    report = bring_in(wiring, "isso", running.database)
    found = here(wiring)
    assert report.states == {"pending": 2}
    assert found["Comment number 2."].name == "R2"
    assert wiring.vault.open(found["Comment number 1."].email_sealed) == "r1@readers.example.org"
    assert found["Comment number 1."].url == "http://news.test/article/"


def _large(path: Path) -> int:
    """Long comments, so that a gigabyte of them is no matter of hours; half are answers, 400 under each article."""
    text, number = "Word after word, and no end of them. " * 70, 0

    def comments() -> Iterator[str]:
        nonlocal number
        first = number + 1
        for _ in range(400):
            number += 1
            parent = number // 2 if number % 2 and number // 2 >= first else 0
            yield files.wxr_comment(number, f"{number}: {text}", email=f"r{number % 5000}@readers.example.org",
                                    parent=parent)  # fmt: skip

    with path.open("w", encoding="utf-8") as out:
        out.write(files.WXR_HEAD.format(version="1.2"))
        page = 0
        while out.tell() < MEGABYTES * 1_000_000:
            page += 1
            out.write(files.wxr_item(comments(), link=f"http://news.test/{page}/"))
        out.write(files.WXR_TAIL)
    return number


_IMPORT = """
import resource, sys
from moderation.cli import main
status = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print("memory", used.ru_maxrss // 1024, "cpu", used.ru_utime + used.ru_stime)
sys.exit(status)
"""


class _Importing:
    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        words = ["import", str(path), "--format", "wxr", "--site", "demo"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _IMPORT, *words], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def said(self, what: str) -> int:
        """The number in the line of the report that begins with these words; the memory it took, in megabytes."""
        return int(next(line for line in self.out.splitlines() if line.startswith(what)).split(what)[1].split()[0])

    def ended(self) -> _Importing:
        self.out, told = self.process.communicate()
        self.out = self.out.replace(",", "").replace("\n  ", "\n").strip()
        assert self.process.returncode == 0, told
        print(f"\n{self.out}")
        assert self.said("memory") < MOST_MEMORY_MB
        return self


def _count(url: str) -> int:
    return int(backup.counts(url)["comments"])


@pytest.mark.timeout(7200)
def test_a_large_file_takes_little_memory_goes_on_after_a_kill_and_adds_nothing_twice(
    sqlite_url: str, redis_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "large.xml"
    count = _large(path)
    print(f"\n{path.stat().st_size / 1e6:.0f} MB, {count} comments")
    environment = test_settings.environment(sqlite_url, redis_url, tmp_path)
    first = _Importing(path, environment)
    while (done := _count(sqlite_url)) < count // 3:
        assert first.process.poll() is None, first.process.communicate()
        time.sleep(0.5)
    first.process.kill()
    first.process.communicate()
    there = _count(sqlite_url)
    print(f"killed at {there}")
    assert done <= there < count
    second = _Importing(path, environment).ended()
    assert (second.said("taken in"), second.said("here already")) == (count - there, there)
    third = _Importing(path, environment).ended()
    assert (third.said("taken in"), third.said("here already")) == (0, count)
    assert _count(sqlite_url) == count
