"""gunicorn's threads, and beside them a lane: what is quick to answer is answered by the thread that hears of it.

A request is read before anybody works for it, so who sends slowly holds up nobody. Comments, scores and pages of a
thread are answered by the main thread itself, all that came in one turn; what they ask of Redis, the model and the
database is asked once for all of them. Everything else goes to gunicorn's threads; after a turn that took long,
everything does for a while.
"""

import socket
import time
from functools import partial
from selectors import EVENT_READ
from typing import Any

import structlog
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from moderation.web.serving.connection import Come, Connection
from moderation.web.serving.lane import Lane

GIVE_WAY_S, MOST_GIVE_WAY_S = 0.0001, 0.001  # a connection, and at most
PARTING_S = 2.0
SHORT = 8 * 1024
MOST_A_TURN = 32
LONG_TURN_S, CLOSED_S = 0.5, 2.0
log = structlog.get_logger(__name__)


class LaneWorker(ThreadWorker):  # type: ignore[misc]
    # How a request begins that is quick to answer and asks nothing that others may hold up.
    quick: tuple[bytes, ...] = (
        b"POST /api/v1/comments ", b"GET /api/v1/threads?", b"POST /v1alpha1/comments:analyze?",
        b"POST /v1/moderations ", b"POST /1.1/comment-check ",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lane = Lane()
        self._turn: list[Any] = []
        self._closed_until = 0.0

    def accept(self, listener: Any) -> None:
        """Who has more connections lets the other processes go first: one that wakes a moment sooner would take them
        all, and keep them."""
        time.sleep(min(self.nr_conns * GIVE_WAY_S, MOST_GIVE_WAY_S))
        try:
            accepted, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, Connection(accepted), address, listener.getsockname())
        conn.data_ready = True
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        begins = not client.ahead
        come = client.listen_on()
        if come is Come.ENDED:
            self._forget(conn)
            self._close(conn)
        elif come is Come.PART:
            if begins:
                self._renew(conn)
        elif come is Come.ALL and self._is_quick(client):
            self._turn.append(conn)
        else:
            super().on_client_socket_readable(conn, client)

    def _is_quick(self, client: Connection) -> bool:
        ahead = client.ahead
        return len(ahead) <= SHORT and ahead.startswith(self.quick) and time.monotonic() >= self._closed_until

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout)
        while self._turn:
            turn, self._turn = self._turn[:MOST_A_TURN], self._turn[MOST_A_TURN:]
            began = time.monotonic()
            self._lane.run(partial(self._answer, conn) for conn in turn)
            if time.monotonic() - began > LONG_TURN_S:
                # Something they asked is slow or away. Threads wait for it, and this one goes on hearing the others.
                self._closed_until = time.monotonic() + CLOSED_S
                log.warning("lane.closed", seconds=CLOSED_S)

    def _answer(self, conn: Any) -> None:
        with conn.sock.in_haste():
            kept = self.handle(conn)
        if not conn.sock.send_left():
            self._forget(conn)
            self._in_a_thread(conn, partial(_send_rest, conn, kept))
        elif not kept:
            self._forget(conn)
            self._part(conn)
        elif conn.sock.ahead or conn.parser.unreader.buf.getvalue():
            self._forget(conn)
            self.enqueue_req(conn)
        else:
            self._renew(conn)

    def finish_request(self, conn: Any, done: Any) -> None:
        if done.cancelled() or done.exception() or done.result():
            super().finish_request(conn, done)
        else:
            self._part(conn)

    def _in_a_thread(self, conn: Any, task: Any) -> None:
        done = self.tpool.submit(task)
        done.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _renew(self, conn: Any) -> None:
        conn.set_timeout()
        self.keepalived_conns.remove(conn)
        self.keepalived_conns.append(conn)

    def _forget(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.keepalived_conns.remove(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def _part(self, conn: Any) -> None:
        """Close once the other side has, so that it reads the answer to its end; gunicorn would wait for that here."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.timeout = time.monotonic() + PARTING_S
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._hear_out, conn))

    def _hear_out(self, conn: Any, client: Any) -> None:
        if client.has_ended():
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._close(conn)


def _send_rest(conn: Any, kept: bool) -> bool:
    conn.sock.send_rest()
    return kept
