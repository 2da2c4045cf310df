"""`python -m moderation run`: everything on this machine, from an empty folder to a page that answers.

Web, worker and clock are the Procfile's commands under a supervisor; this process starts it, says
what happens to its children, and takes all of them down when it ends, however it ends.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from config.settings import ROOT, Settings, load_settings
from moderation.launch import (
    data_folder,
    linux,
    port,
    procfile,
    ready,
    redis_server,
    secrets_file,
    supervisor,
)
from moderation.launch.deaths import Deaths
from moderation.launch.supervisor import Supervisor
from moderation.launch.welcome import Welcome
from moderation.refusal import Refusal


def run(environ: Mapping[str, str]) -> int:
    """Start, stay until a signal or the supervisor's end, stop. The exit status."""
    fresh = secrets_file.missing(environ)
    settings = load_settings({**environ, **fresh})
    data_folder.prepare(settings.data_dir)
    with data_folder.hold(settings.data_dir, settings.public_url):
        secrets_file.keep(settings.data_dir, fresh)
        port.check(settings.host, settings.port)
        redis_command = _redis_command(settings)
        child_environ = _child_environ(environ, settings)
        _say("Preparing the database")
        _release(child_environ)
        _say("Starting")
        status = _Run(settings, child_environ).until_stopped(supervisor.write_config(settings, redis_command))
        data_folder.forget_sockets(settings.data_dir)
        return status


def _redis_command(settings: Settings) -> str | None:
    if settings.redis_url is not None:
        return None
    server = redis_server.find_server()
    config = redis_server.write_config(settings.data_dir)
    return f'"{server}" "{config}"'


def _child_environ(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """What the children run with: ours, complete, with this interpreter's `python` first on PATH."""
    settled = {
        "DATA_DIR": str(settings.data_dir),
        "REDIS_URL": settings.redis_address,
        "PROMETHEUS_MULTIPROC_DIR": str(settings.metrics_dir),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": environ.get("OPENBLAS_NUM_THREADS", "1"),
    }
    settings.metrics_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {**environ, **settled}


def _release(environ: dict[str, str]) -> None:
    """The Procfile's release command: after it the database fits this version of the code."""
    command = procfile.read(ROOT / "Procfile")["release"]
    shell = ["/bin/sh", "-c", f"exec {command}"]
    done = subprocess.run(shell, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Refusal("The database could not be prepared:\n  " + "\n  ".join(lines[-6:]), "see DATABASE_URL")


class _Run:
    """One start of the supervisor with what we say about it."""

    def __init__(self, settings: Settings, environ: dict[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self._supervisor: Supervisor | None = None
        self._stops = 0
        self._failure = ""
        self._deaths = Deaths(settings.data_dir / "logs")

    def until_stopped(self, config: Path) -> int:
        linux.adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._supervisor = Supervisor(self._settings, config, self._environ)
        welcome = Welcome(self._settings, self._environ)
        threading.Thread(target=self._welcome, args=(welcome,), daemon=True).start()
        for name, how in self._supervisor.deaths():
            sentence = None if self._stops else self._deaths.sentence(name, how)
            if sentence:
                _say(sentence)
        welcome.stop()
        left = linux.end_children()
        return self._closing_words(left)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop("Stopping" if not self._stops else "Stopping at once")

    def _stop(self, word: str) -> None:
        self._stops += 1
        _say(word)
        assert self._supervisor is not None
        if self._stops == 1:
            self._supervisor.stop()
        else:
            self._supervisor.kill()

    def _welcome(self, welcome: Welcome) -> None:
        """In a thread: wait for the first answer, then say where to look."""
        if not ready.wait(self._settings, stopped=lambda: bool(self._stops)):
            if not self._stops:
                log = self._settings.data_dir / "logs" / "web.log"
                self._failure = f"Web does not answer. {log} ends with:\n{self._deaths.tail('web', 8)}"
                self._stop("Stopping, because nothing answers")
            return
        text = welcome.text()
        if not self._stops:
            print(text, flush=True)

    def _closing_words(self, left: int) -> int:
        if self._failure:
            print(self._failure, file=sys.stderr)
            return 1
        if not self._stops:
            print(f"The supervisor ended by itself, {left} processes with it.", file=sys.stderr)
            return 1
        _say("Stopped. Your data stays in " + str(self._settings.data_dir))
        return 0


def _say(sentence: str) -> None:
    # Not print(): a signal's handler says things too, and a buffered stream is not re-entrant.
    os.write(1, f"  {sentence}\n".encode())
