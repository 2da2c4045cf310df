"""A thread stays with a busy connection, is there for others all the same, and lets the process stop."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moderation.web import keepalive_worker
from tests.support.processes import answers, descendants, free_port, stop_tree, wait_until
from tests.support.service import ROOT

BODY = '{"comment": {"text": "four"}}'
JSON = {"Content-Type": "application/json"}


@contextmanager
def running(*options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Processes that answer {"size": 4}."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.bench.bare:app", "-b", f"127.0.0.1:{port}", *options,
               "-k", f"{keepalive_worker.__name__}.KeepAliveWorker", "--keep-alive", "30",
               "--no-control-socket"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: answers(port), within_s=60, what="the server's start")
        yield port, process
    finally:
        stop_tree(process)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with running("-w", "1", "--threads", "4") as found:
        yield found


def ask(connection: http.client.HTTPConnection) -> bytes:
    connection.request("POST", "/bare", BODY, JSON)
    reply = connection.getresponse()
    assert reply.status == 200
    return reply.read()


def test_one_connection_is_answered_at_once_and_after_pauses(server: tuple[int, object]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[0], timeout=30)
    for pause in (0, 0, 0, 0.002, 0.02, 0.3, 0, 0):
        time.sleep(pause)
        assert ask(connection) == b'{"size":4}\n'
    connection.close()


def test_more_connections_than_threads_are_all_answered(server: tuple[int, object]) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", server[0], timeout=30) for _ in range(20)]
    for _ in range(5):
        for connection in connections:
            connection.request("POST", "/bare", BODY, JSON)
        for connection in connections:
            assert connection.getresponse().read() == b'{"size":4}\n'
    for connection in connections:
        connection.close()


def test_two_requests_sent_as_one_are_both_answered(server: tuple[int, object]) -> None:
    headers = f"Host: here\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}"
    request = f"POST /bare HTTP/1.1\r\n{headers}\r\n\r\n{BODY}"
    with socket.create_connection(("127.0.0.1", server[0]), 30) as connection:
        connection.sendall((request * 3).encode())
        heard = b""
        while heard.count(b'{"size":4}') < 3:
            heard += connection.recv(65536)


def test_the_process_stops_while_connections_are_open(server: tuple[int, subprocess.Popen[bytes]]) -> None:
    port, process = server
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(6)]
    for connection in connections:
        ask(connection)
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(30) == 0
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="counts sockets as Linux lists them")
def test_connections_that_come_at_once_are_spread_over_the_processes() -> None:
    """Left to themselves, one of two processes took all sixteen in six of fifteen bursts."""
    request = f"POST /bare HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}"
    with running("-w", "2", "--threads", "8") as (port, process):
        wait_until(lambda: len(descendants(process.pid)) == 2, within_s=30, what="two processes")
        time.sleep(1.5)  # until both listen
        found = []
        for _ in range(8):
            connections = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(16)]
            for _ in range(20):
                for connection in connections:
                    connection.sendall(f"{request}\r\n\r\n{BODY}".encode())
                for connection in connections:
                    connection.recv(65536)
            found.append([_open_connections(pid, port) for pid in descendants(process.pid)])
            for connection in connections:
                connection.close()
            time.sleep(0.2)
        assert {sum(counts) for counts in found} == {16}
        assert min(map(min, found)) >= 3, found


def _open_connections(pid: int, port: int) -> int:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "01"}
    return sum(str(link.readlink()) in ours for link in Path(f"/proc/{pid}/fd").iterdir())
