"""Start real processes for tests, and end every one of them, grandchildren included.

A process that calls setsid or setpgrp (gunicorn's and RQ's children may) escapes `killpg`, so the
descendants are read from /proc (from `ps` where there is no /proc) before anything is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _parents() -> Iterator[tuple[int, int]]:
    """(process id, parent's id) of everything that runs."""
    if not Path("/proc/self/stat").exists():
        listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True)
        for line in listing.stdout.splitlines():
            pid, parent = line.split()
            yield int(pid), int(parent)
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    yield int(entry.name), int(fields[1])


def descendants(pid: int) -> list[int]:
    """Every living descendant of a process, without itself."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    todo = [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def cpu_seconds(pid: int) -> float:
    """What a process and its living descendants have computed so far; 0 where there is no /proc."""
    ticks = 0
    for each in [pid, *descendants(pid)]:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def signal_tree(pid: int, number: int) -> int:
    """Send a signal to a process and all its descendants; how many were there to get it."""
    sent = 0
    for target in [pid, *descendants(pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(target, number)
            sent += 1
    return sent


def kill_tree(process: subprocess.Popen[bytes]) -> int:
    """SIGKILL a process and all its descendants, and reap it; how many died."""
    if process.poll() is not None:
        return 0
    family = descendants(process.pid)
    killed = signal_tree(process.pid, signal.SIGKILL)
    for straggler in family:  # those that a dying parent left to init in between
        with contextlib.suppress(ProcessLookupError):
            os.kill(straggler, signal.SIGKILL)
    process.wait(10)
    return killed


def stop_tree(process: subprocess.Popen[bytes], number: int = signal.SIGTERM, patience_s: float = 10) -> None:
    """End a process politely, and what is left after `patience_s` by force."""
    if process.poll() is None:
        family = descendants(process.pid)
        process.send_signal(number)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            kill_tree(process)
        for straggler in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(straggler, signal.SIGKILL)


def wait_until(condition: Callable[[], object], *, within_s: float, what: str, every_s: float = 0.02) -> None:
    """Wait for a condition, or fail with a sentence."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {within_s:g} s")
        time.sleep(every_s)


def answers(port: int) -> bool:
    """Does anything accept connections on this local port?"""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
