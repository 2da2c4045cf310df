"""The real service as processes: Redis, web, worker and clock, by the Procfile's own commands.

Each runs in a process group of its own, on a port and over databases that the test chose. `kill` takes
a process and all its descendants; `keep_alive` starts again what died; `stop` leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import redis as test_redis
from tests.support import settings
from tests.support.processes import (
    answers,
    descendants,
    free_port,
    kill_tree,
    signal_tree,
    stop_tree,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ("web", "worker", "clock")


def procfile() -> dict[str, str]:
    """The commands that production runs, by name."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    named = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in named}


class Service:
    """Start with `start_all`, or one by one with `start`; always end with `stop`."""

    def __init__(
        self, database_url: str, folder: Path, *, python_path: Path | None = None, **environment: str
    ) -> None:
        self.database_url = database_url
        self.folder = folder
        self.port = free_port()
        self.redis_port = free_port()
        self.redis_url = test_redis.url(self.redis_port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.respawned: dict[str, int] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._keeper: threading.Thread | None = None
        self._closing = threading.Event()
        self._environment = self._make_environment(python_path, environment)

    def _make_environment(self, python_path: Path | None, more: dict[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        path = os.pathsep.join(str(p) for p in (python_path, ROOT) if p)
        return {
            **kept,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
            **settings.environment(self.database_url, self.redis_url, self.folder / "data"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            **more,
        }

    def command(self, name: str) -> list[str]:
        """What the Procfile says; "worker.2" is a second process of the same kind."""
        if name == "redis":
            return test_redis.command(self.redis_port)
        return ["/bin/sh", "-c", f"exec {procfile()[name.partition('.')[0]]}"]

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def run(self, command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        """One command in the service's environment, such as "python -m moderation init-db"."""
        return subprocess.run(
            shlex.split(command), check=False, capture_output=True, timeout=120, cwd=ROOT,
            env={**self._environment, **environment},
        )  # fmt: skip

    def start(self, name: str) -> None:
        with self._lock, self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                self.command(name), cwd=self.folder if name == "redis" else ROOT, env=self._environment,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def start_all(self, *names: str) -> None:
        """Redis first, then the named processes (all of them by default); returns when the site answers."""
        self.start("redis")
        wait_until(lambda: test_redis.answers_ping(self.redis_port), within_s=10, what="Redis's start")
        for name in names or PROCESSES:
            self.start(name)
        if "web" in (names or PROCESSES):
            wait_until(self.is_up, within_s=60, what=f"the web process's start (see {self.log('web')})")

    def is_up(self) -> bool:
        if not answers(self.port):
            return False
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as reply:
            return bool(reply.status == 200)
        return False

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def family(self, name: str) -> list[int]:
        """A process and all its descendants."""
        with self._lock:
            return [self.pid(name), *descendants(self.pid(name))]

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Signal a process with all its descendants; how many got it."""
        with self._lock:
            process = self._running.get(name)
            if process is None:
                return 0
            return kill_tree(process) if number == signal.SIGKILL else signal_tree(process.pid, number)

    def keep_alive(self, every_s: float = 0.1) -> None:
        """Start again what died, as the supervisor does in production."""

        def keep() -> None:
            while not self._closing.wait(every_s):
                with self._lock:
                    dead = [name for name, process in self._running.items() if process.poll() is not None]
                    for name in dead:
                        self.respawned[name] = self.respawned.get(name, 0) + 1
                        self.start(name)

        self._keeper = threading.Thread(target=keep, daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        self._closing.set()
        if self._keeper:
            self._keeper.join()
        with self._lock:
            for name in sorted(self._running, key=lambda name: name == "redis"):
                signal_tree(self.pid(name), signal.SIGCONT)
                stop_tree(self._running[name])
            self._running.clear()


@contextmanager
def running_service(
    database_url: str, folder: Path, *names: str, python_path: Path | None = None, **environment: str
) -> Iterator[Service]:
    """The real processes while the block runs, over a database that is migrated already."""
    service = Service(database_url, folder, python_path=python_path, **environment)
    try:
        service.start_all(*names)
        yield service
    finally:
        service.stop()
