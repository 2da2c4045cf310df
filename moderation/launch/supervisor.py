"""Runs the Procfile's processes under the `supervisor` package and tells what happens to them."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from config.settings import ROOT, Settings, embedded_socket
from moderation.launch import linux, procfile

# Seconds from SIGTERM to SIGKILL: web finishes its requests (gunicorn's graceful_timeout), Redis its file.
_PATIENCE_S = {"web": 28, "worker": 10, "clock": 5, "redis": 10}
_EXITED = re.compile(r" exited: (\S+) \((.*?)(?:; (?:not )?expected)?\)$")


def write_config(settings: Settings, redis_command: str | None) -> Path:
    """The supervisor's configuration, from our settings and the Procfile."""
    commands = procfile.read(ROOT / "Procfile")
    counts = {"web": 1, "worker": settings.worker_processes, "clock": 1}
    sections = [_own(settings)]
    if redis_command:
        sections.append(_program(settings, "redis", redis_command, 1, 10))
    for name, count in counts.items():
        if count:
            sections.append(_program(settings, name, commands[name], count, 20))
    # In one group, so that they stop at the same time, and before Redis.
    together = ",".join(name for name, count in counts.items() if count)
    sections.append(f"[group:moderato]\nprograms={together}\npriority=20\n")
    path = settings.data_dir / "run" / "supervisord.conf"
    path.write_text("\n".join(sections), encoding="utf-8")
    return path


class Supervisor:
    """One supervisord, from its start to its end."""

    def __init__(self, settings: Settings, config: Path, environ: dict[str, str]) -> None:
        self._socket = _socket(settings)
        reading, writing = os.pipe()
        # It holds the reading end too: were we killed, its last lines would break on a closed pipe, and
        # it would die of that before it has stopped its children.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(config)],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.STDOUT,
            pass_fds=(reading,),
            start_new_session=True,  # Ctrl-C reaches only us, and we decide how it stops
            preexec_fn=linux.end_with_parent,
        )
        os.close(writing)
        self._lines = os.fdopen(reading, encoding="utf-8", errors="replace")

    def deaths(self) -> Iterator[tuple[str, str]]:
        """(process, how) of each process that ended by itself, until the supervisor ends."""
        for line in self._lines:
            if "supervisord started" in line:
                self._nudge()
            found = _EXITED.search(line.rstrip())
            if found:
                yield found[1], found[2]
        self._process.wait()

    def stop(self) -> None:
        """Ask it to stop everything, and return; `deaths` ends when it has."""
        self._process.terminate()
        threading.Thread(target=self._hurry, daemon=True).start()

    def kill(self) -> None:
        self._process.kill()

    def _hurry(self) -> None:
        while self._process.poll() is None:
            self._nudge()
            time.sleep(0.1)

    def _nudge(self) -> None:
        """It sleeps for a second between one step and the next, unless something comes in on its socket."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as knock:
            knock.connect(str(self._socket))


def _socket(settings: Settings) -> Path:
    return embedded_socket(settings.data_dir).with_name("supervisor.sock")


def _own(settings: Settings) -> str:
    run = settings.data_dir / "run"
    return (
        "[supervisord]\n"
        "nodaemon=true\n"
        f"logfile={_safe(settings.data_dir / 'logs' / 'supervisor.log')}\n"
        "logfile_maxbytes=1MB\n"
        "logfile_backups=1\n"
        "loglevel=info\n"
        f"pidfile={_safe(run / 'supervisord.pid')}\n"
        "umask=077\n"
        f"childlogdir={_safe(run)}\n" + ("user=root\n" if os.geteuid() == 0 else "") + "\n"
        "[unix_http_server]\n"
        f"file={_safe(_socket(settings))}\n"
        "chmod=0700\n"
    )


def _program(settings: Settings, name: str, command: str, count: int, priority: int) -> str:
    log = settings.data_dir / "logs" / f"{name}.log"
    many = "process_name=%(program_name)s_%(process_num)d\n" if count > 1 else ""
    if count > 1:
        log = log.with_name(f"{name}_%(process_num)d.log")
    # startsecs=0: a process that dies quickly, for want of its database say, is tried again for ever.
    return (
        f"[program:{name}]\n"
        f"command={_safe(command)}\n"
        f"directory={_safe(ROOT)}\n"
        f"numprocs={count}\n{many}"
        f"priority={priority}\n"
        "startsecs=0\n"
        "autorestart=true\n"
        "stopasgroup=true\n"
        "killasgroup=true\n"
        f"stopwaitsecs={_PATIENCE_S[name]}\n"
        "redirect_stderr=true\n"
        f"stdout_logfile={_safe(log) if count == 1 else log}\n"
        "stdout_logfile_maxbytes=10MB\n"
        "stdout_logfile_backups=3\n"
    )


def _safe(value: object) -> str:
    return str(value).replace("%", "%%")
