"""replay: a file of comments posted over HTTP to the real service, and a table that adds up."""

import json
import lzma
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moderation.storage import backup
from tests.support.processes import free_port
from tests.support.service import Service, running_service

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    *(f"I walked past the depot on day {number} and it was quieter than people say." for number in range(30)),
    "",  # refused: nothing was written
    "x" * 20_000,  # refused: too long
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "comments.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps({"text": text}) + "\n" for text in TEXTS)
    return path


def replay(file: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "moderation", "replay", str(file), "--url", url, *more], cwd=ROOT,
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip


def column(table: str, name: str) -> str:
    found = re.search(rf"^ *{re.escape(name)} +(\S+)", table, re.M)
    assert found, f"{name} is not in:\n{table}"
    return found[1]


def test_each_comment_is_posted_once_and_the_table_adds_up(sqlite_url: str, file: Path, tmp_path: Path) -> None:
    with running_service(sqlite_url, tmp_path, "web") as service:
        done = replay(file, service.url)
        assert done.returncode == 0, done.stderr
        shown = {
            name: int(column(done.stdout, name)) for name in ("approved", "rejected", "spam", "review", "refused")
        }
        assert shown["refused"] == 2
        assert sum(shown.values()) == int(column(done.stdout, "answered")) == len(TEXTS)
        assert "(comment)" in done.stdout
        assert "p99" in done.stdout
        assert _stored(service) == len(TEXTS) - 2


def _stored(service: Service) -> int:
    return backup.counts(service.database_url)["comments"]


def test_it_waits_as_long_as_it_is_asked_to(sqlite_url: str, file: Path, tmp_path: Path) -> None:
    limits = {"RATE_LIMIT_COMMENTS": "3/second"}
    with running_service(sqlite_url, tmp_path, "web", **limits) as service:
        done = replay(file, service.url, "--limit", "12")
        assert done.returncode == 0, done.stderr
        assert int(column(done.stdout, "answered")) == 12
        assert int(column(done.stdout, "tried again")) > 0
        assert _stored(service) == 12


def test_it_says_when_waiting_would_take_too_long(sqlite_url: str, file: Path, tmp_path: Path) -> None:
    with running_service(sqlite_url, tmp_path, "web", RATE_LIMIT_COMMENTS="5/hour") as service:
        done = replay(file, service.url, "--concurrency", "2")
    assert done.returncode == 2
    assert "RATE_LIMIT_COMMENTS=" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_that_does_not_answer_is_told_in_a_sentence(file: Path) -> None:
    done = replay(file, f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 2
    assert "cannot be loaded: no answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"not json\n", b"\xfd7zXZ broken"])
def test_a_file_without_comments_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ("a.jsonl.xz" if content.startswith(b"\xfd") else "a.jsonl")
    path.write_bytes(content)
    done = replay(path, "http://127.0.0.1:1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
