"""Requests that come at a fixed rate, whatever becomes of them: what clients see of a service that is not full.

A closed loop of 16 connections asks again as soon as it is answered, so its latency is 16 divided by the throughput and
says nothing else. Here a request is due at its time; the wait for a free connection counts as latency.
"""

from __future__ import annotations

import selectors
import socket
import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.load import CONNECTIONS, Measured

PATIENCE_S = 10.0


def post(host: str, path: str, body: bytes) -> bytes:
    headers = f"Host: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"POST {path} HTTP/1.1\r\n{headers}\r\n\r\n".encode() + body


@dataclass
class _Connection:
    socket: socket.socket
    due: float = 0.0
    heard: bytes = field(default=b"")

    def answered(self) -> bool:
        """Whether the reply is here as a whole."""
        more = self.socket.recv(1 << 16)
        if not more:
            raise ConnectionError("closed by the service")
        self.heard += more
        head, between, body = self.heard.partition(b"\r\n\r\n")
        if not between:
            return False
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return len(body) >= int(lengths[0])

    @property
    def refused(self) -> bool:
        return not self.heard.startswith((b"HTTP/1.1 2", b"HTTP/1.1 3"))


class _Run:
    def __init__(self, host: str, per_second: float, seconds: float, request: Callable[[int], bytes]) -> None:
        name, _, port = host.partition(":")
        self._connections = [
            _Connection(socket.create_connection((name, int(port)), PATIENCE_S)) for _ in range(CONNECTIONS)
        ]
        self._free = deque(self._connections)
        self._selector = selectors.DefaultSelector()
        for connection in self._connections:
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._gap, self._count, self._request = 1 / per_second, int(per_second * seconds), request
        self.times: list[float] = []
        self.refused = 0

    def go(self) -> None:
        began, asked = time.perf_counter(), 0
        while len(self.times) < self._count:
            now = time.perf_counter()
            while asked < self._count and self._free and (due := began + asked * self._gap) <= now:
                self._ask(asked, due)
                asked += 1
            if now > began + self._count * self._gap + PATIENCE_S:
                return
            # Without a free connection the next request waits for one, and its latency grows.
            wait = began + asked * self._gap - time.perf_counter() if self._free and asked < self._count else 0.1
            for key, _ in self._selector.select(max(0.0, wait)):
                self._hear(key.data)

    def _ask(self, number: int, due: float) -> None:
        connection = self._free.popleft()
        connection.due, connection.heard = due, b""
        connection.socket.sendall(self._request(number))

    def _hear(self, connection: _Connection) -> None:
        if connection.answered():
            self.times.append((time.perf_counter() - connection.due) * 1000)
            self.refused += connection.refused
            self._free.append(connection)

    def close(self) -> int:
        """How many requests were never answered."""
        for connection in self._connections:
            connection.socket.close()
        self._selector.close()
        return self._count - len(self.times)


def at_rate(host: str, per_second: float, seconds: float, request: Callable[[int], bytes]) -> Measured:
    """request: the bytes of the n-th."""
    run = _Run(host, per_second, seconds, request)
    try:
        run.go()
    finally:
        errors = run.close()
    cuts = statistics.quantiles(run.times, n=100)
    return Measured((len(run.times) - run.refused) / seconds, cuts[49], cuts[98], run.refused, errors)
