"""What is quick is answered at once by the thread that hears of it, and nobody holds it up: not who sends slowly, not
who reads nothing, not who never goes."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.napping import NAP_S
from tests.support.processes import answers, descendants, free_port, stop_tree, wait_until
from tests.support.service import ROOT

BODY = '{"comment": {"text": "four"}}'
JSON = {"Content-Type": "application/json"}


@contextmanager
def running(*options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Processes that answer {"size": 4}."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.support.napping:app", "-b", f"127.0.0.1:{port}", *options,
               "-k", "tests.support.napping.NappingWorker", "--keep-alive", "30",
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
        answers = b""
        while answers.count(b'{"size":4}') < 3:
            answers += connection.recv(65536)


def request(body: str = BODY, *headers: str) -> bytes:
    lines = ("POST /bare HTTP/1.1", "Host: here", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, *headers, "", body)).encode()


def connected(server: tuple[int, object]) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server[0]), 30)


def heard(connection: socket.socket) -> bytes:
    """An answer to its end; headers and body may come apart."""
    found = b""
    while not found.endswith(b"}\n"):
        more = connection.recv(65536)
        assert more, found
        found += more
    return found


def waits(server: tuple[int, object]) -> list[float]:
    """Seconds that each of five requests took whose client does as one should."""
    found = []
    with closing(http.client.HTTPConnection("127.0.0.1", server[0], timeout=30)) as connection:
        for _ in range(5):
            began = time.monotonic()
            ask(connection)
            found.append(time.monotonic() - began)
    return found


def test_who_sends_slowly_holds_up_nobody(server: tuple[int, object]) -> None:
    """Ten times as many as threads; each would have kept one."""
    slow = [connected(server) for _ in range(40)]
    whole = request()
    for n, connection in enumerate(slow):
        connection.sendall(whole[: 5 + 3 * n])
    time.sleep(0.3)
    assert min(waits(server)) < 0.2
    for n, connection in enumerate(slow):
        connection.sendall(whole[5 + 3 * n :])
        assert heard(connection).endswith(b'{"size":4}\n')
        connection.close()


def test_who_reads_nothing_holds_up_nobody(server: tuple[int, object]) -> None:
    """Their answers fill what the kernel keeps for them; the rest waits in threads, and they are fewer than those."""
    deaf = [connected(server) for _ in range(2)]
    for connection in deaf:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        with suppress(BlockingIOError):
            for _ in range(20_000):
                connection.send(request())
    assert min(waits(server)) < 0.5
    for connection in deaf:
        connection.close()


def test_who_was_told_goodbye_and_stays_holds_up_nobody(server: tuple[int, object]) -> None:
    """gunicorn would wait two seconds for each of them to close, and hear of nobody meanwhile."""
    staying = [connected(server) for _ in range(5)]
    for connection in staying:
        connection.sendall(request(BODY, "Connection: close"))
    assert max(waits(server)) < 0.5
    for connection in staying:
        assert heard(connection).endswith(b'{"size":4}\n')
        assert connection.recv(65536) == b""
        connection.close()


def test_what_is_larger_or_tells_its_end_otherwise_is_answered_too(server: tuple[int, object]) -> None:
    text = "x" * 200_000
    chunked = "Transfer-Encoding: chunked"
    head = f"POST /bare HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n{chunked}\r\n\r\n"
    large = request(json.dumps({"comment": {"text": text}}))
    for sent, size in ((large, 200_000), (f"{head}{len(BODY):x}\r\n{BODY}\r\n0\r\n\r\n".encode(), 4)):
        with connected(server) as connection:
            connection.sendall(sent[:100])
            time.sleep(0.05)
            connection.sendall(sent[100:])
            assert heard(connection).endswith(b'{"size":%d}\n' % size)


def test_after_a_long_turn_threads_take_what_is_quick_so_that_none_waits_for_another(
    server: tuple[int, object],
) -> None:
    naps = [connected(server) for _ in range(4)]
    naps[0].sendall(request().replace(b"/bare", b"/nap"))
    assert heard(naps[0]).endswith(b'{"size":4}\n')
    for nap in naps[1:]:
        nap.sendall(request().replace(b"/bare", b"/nap"))
    time.sleep(0.05)
    assert min(waits(server)) < NAP_S / 2
    for nap in naps[1:]:
        assert heard(nap).endswith(b'{"size":4}\n')
    for nap in naps:
        nap.close()


def test_half_a_request_and_no_more_is_closed_without_an_answer(server: tuple[int, object]) -> None:
    with connected(server) as connection:
        connection.sendall(request()[:40])
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536) == b""


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
        for _ in range(16):
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
        # One burst in many may find a process busy; left to themselves, two bursts in five went to one alone.
        assert sorted(map(min, found))[1] >= 3, found


def _open_connections(pid: int, port: int) -> int:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "01"}
    return sum(str(link.readlink()) in ours for link in Path(f"/proc/{pid}/fd").iterdir())
