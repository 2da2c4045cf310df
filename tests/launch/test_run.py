"""`python -m moderation run`, as a newcomer meets it: real processes, from an empty folder to Ctrl-C."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.settings import embedded_socket
from tests.support.processes import descendants, free_port, kill_tree, wait_until

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    output: Path

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def answers(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/readyz"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
        return False

    def family(self, words: str) -> list[int]:
        return [pid for pid in descendants(self.process.pid) if words in _command(pid)]


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def environment(folder: Path, port: int) -> dict[str, str]:
    """What `make run` gives, and a deep folder, so that the sockets need a shorter path."""
    return {"PATH": "/usr/bin:/bin", "DATA_DIR": str(folder), "PORT": str(port), "WEB_PROCESSES": "1", "DEMO": "0"}


def start(folder: Path, port: int) -> Running:
    output = folder.with_suffix(f".{time.monotonic_ns()}.txt")
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "moderation", "run"], cwd=ROOT, env=environment(folder, port),
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    return Running(process, folder, port, output)


def refused(folder: Path, port: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "moderation", "run"], cwd=ROOT, env=environment(folder, port), capture_output=True,
        text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("launch") / ("a-rather-deep-folder-" * 4) / "data"
    folder.parent.mkdir()
    one = start(folder, free_port())
    try:
        wait_until(lambda: "Ctrl-C" in one.said() or one.process.poll() is not None, within_s=60, what="the banner")
        yield one
    finally:
        kill_tree(one.process)


def test_it_says_where_to_look(running: Running) -> None:
    assert f"http://localhost:{running.port}/desk/" in running.said()
    assert "works once" in running.said()
    assert running.answers()


def test_it_keeps_to_itself_what_others_must_not_read(running: Running) -> None:
    for path in [running.folder, *running.folder.rglob("*")]:
        if path.parent == running.folder or path == running.folder:
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_copy_on_the_same_folder_is_refused(running: Running) -> None:
    assert "in use by another copy" in refused(running.folder, free_port())


def test_a_taken_port_is_refused(running: Running, tmp_path: Path) -> None:
    told = refused(tmp_path / "other", running.port)
    assert f"Port {running.port} is already taken" in told
    assert f"PORT={running.port + 1}" in told


@pytest.mark.parametrize("words", ["queue_workers worker", "queue_workers clock", "-server unixsocket", "gunicorn"])
def test_what_is_killed_comes_back(running: Running, words: str) -> None:
    before = running.family(words)
    os.kill(before[0], signal.SIGKILL)
    # The web's own children outlive it for a second and go on answering: only a whole new family counts.
    wait_until(
        lambda: len(running.family(words)) == len(before) and not set(before) & set(running.family(words)),
        within_s=30,
        what="its return",
    )
    wait_until(running.answers, within_s=30, what="an answer")
    wait_until(lambda: "was started again" in running.said(), within_s=5, what="a sentence about it")


def test_ctrl_c_leaves_no_process_and_a_second_run_finds_its_data(running: Running) -> None:
    family = descendants(running.process.pid)
    assert len(family) >= 5
    began = time.monotonic()
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.wait(30) == 0
    assert time.monotonic() - began < 20  # 1 to 2 s on an idle machine
    assert [pid for pid in family if _command(pid)] == []
    assert "Your data stays" in running.said()
    assert not embedded_socket(running.folder).parent.exists()
    database = running.folder / "moderato.sqlite3"
    before = (database.stat().st_ino, (running.folder / "secrets.env").read_bytes())

    again = start(running.folder, running.port)
    try:
        wait_until(lambda: "Ctrl-C" in again.said(), within_s=60, what="the second banner")
        assert before == (database.stat().st_ino, (running.folder / "secrets.env").read_bytes())
        family = descendants(again.process.pid)
        again.process.kill()  # not even asked: nothing may outlive it
        wait_until(lambda: not [pid for pid in family if _command(pid)], within_s=20, what="the end of its children")
    finally:
        kill_tree(again.process)
