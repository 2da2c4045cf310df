"""The data folder: made, checked, and held by one running copy at a time."""

import errno
import fcntl
import os
import shutil
import stat
from pathlib import Path
from typing import IO

from config.settings import embedded_socket
from moderation.refusal import Refusal

FREE_MIB = 64
_HINT = "mend that, or choose another folder: DATA_DIR=… make run"
_REASONS = {
    errno.EACCES: "cannot be written to by this user",
    errno.EPERM: "cannot be written to by this user",
    errno.EROFS: "is on a disk that can only be read",
    errno.ENOSPC: "is on a full disk",
    errno.EDQUOT: "is over this user's quota",
    errno.ENOTDIR: "lies under something that is no folder",
    errno.EEXIST: "is a file",
}


def prepare(data_dir: Path) -> None:
    """Make the folder and its rooms, readable by this user alone, and try that they can be written to."""
    sockets = embedded_socket(data_dir).parent
    try:
        for folder in (data_dir, data_dir / "run", data_dir / "logs", sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = data_dir / "run" / "probe"
        probe.write_bytes(bytes(65536))
        probe.unlink()
    except OSError as error:
        raise _refusal(data_dir, error) from error
    _must_be_ours(sockets)
    free = shutil.disk_usage(data_dir).free
    if free < FREE_MIB << 20:
        raise Refusal(
            f"The data folder {data_dir} has {free >> 20} MiB of room left; at least {FREE_MIB} are needed.",
            _HINT,
        )


def forget_sockets(data_dir: Path) -> None:
    """Leave nothing under the temp folder, where the sockets are when the data folder's path is long."""
    folder = embedded_socket(data_dir).parent
    if not folder.is_relative_to(data_dir):
        shutil.rmtree(folder, ignore_errors=True)


def hold(data_dir: Path, url: str) -> IO[str]:
    """Hold the folder until the returned file is closed (the kernel lets go when this process dies)."""
    lock = (data_dir / "run" / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise Refusal(
            f"The data folder {data_dir} is in use by another copy ({holder}).",
            "stop that one, or give this one a folder of its own: DATA_DIR=data-2 PORT=8001 make run",
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, {url}\n")
    lock.flush()
    return lock


def _must_be_ours(folder: Path) -> None:
    """Under a shared temp folder somebody else could have made it first."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise Refusal(
            f"{folder}, the folder for our sockets, is not private to this user.",
            "remove it, or choose a shorter path with DATA_DIR",
        )


def _refusal(data_dir: Path, error: OSError) -> Refusal:
    what = _REASONS.get(error.errno or 0, f"cannot be used: {error.strerror}")
    return Refusal(f"The data folder {data_dir} {what}.", _HINT)
