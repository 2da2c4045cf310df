"""Two promises that Linux keeps for us, so that no process outlives the one that was started.

Elsewhere they are not kept: what a `kill -9` leaves behind must be ended by hand there.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def end_with_parent() -> None:
    """Called in a new child: SIGTERM for it when its parent dies, however that dies."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Grandchildren whose parent is killed become our children instead of init's."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_children() -> int:
    """Kill every child of this process with its process group; how many there were."""
    ended = 0
    for pid in _children():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            group = os.getpgid(pid)
            (os.kill(pid, signal.SIGKILL) if group == os.getpgrp() else os.killpg(group, signal.SIGKILL))
            ended += 1
    return ended


def _children() -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.append(int(entry.parent.name))
    return found


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
