"""A TCP proxy that loses replies: the request arrives, the answer does not, so the client asks again."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class CuttingProxy:
    """Forwards to a local port; of `share` of the connections the reply is dropped once it is there."""

    def __init__(self, port: int, share: float, seed: int) -> None:
        self._target = port
        self._share = share
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.cut = 0

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client, self._random.random()), daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _relay(self, client: socket.socket, draw: float) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(15)
            try:
                with socket.create_connection(("127.0.0.1", self._target), timeout=15) as server:
                    threading.Thread(target=_pump, args=(client, server), daemon=True).start()
                    while reply := server.recv(65536):
                        if draw < self._share:
                            self.cut += 1
                            return
                        client.sendall(reply)
            finally:
                client.shutdown(socket.SHUT_RDWR)  # close alone would wait for the thread that reads from it


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)


@contextmanager
def cutting_proxy(port: int, *, share: float, seed: int) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(port, share, seed)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)
