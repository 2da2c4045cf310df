"""gunicorn's threads, but one that has answered stays with its connection for a moment.

Between two requests of a connection gunicorn gives it to the main thread, which registers it, waits, and hands it to a
thread again. Each of these turns waits for the interpreter while other requests use it: by py-spy the main thread held
it half of the time. Proxies, and programs that ask one thing after another, send the next request at once, and the
thread that answered can read it itself.
"""

import select
import threading
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

STAY_MS = 5
GIVE_WAY_S, MOST_GIVE_WAY_S = 0.0001, 0.001  # a connection, and at most
ALWAYS_FREE = 2  # so many threads never stay: a new connection finds one


class KeepAliveWorker(ThreadWorker):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = threading.BoundedSemaphore(max(0, self.cfg.threads - ALWAYS_FREE))

    def accept(self, listener: Any) -> None:
        """Who has more connections lets the other processes go first: one that wakes a moment sooner would take them
        all, and keep them."""
        time.sleep(min(self.nr_conns * GIVE_WAY_S, MOST_GIVE_WAY_S))
        super().accept(listener)

    def handle(self, conn: Any) -> Any:
        kept = super().handle(conn)
        while kept is True and self._may_stay(conn) and self._comes_again(conn):
            kept = super().handle(conn)
        return kept

    def _may_stay(self, conn: Any) -> bool:
        """Not while the process stops, nobody may wait for this thread, and what is read ahead needs no waiting."""
        if not self.alive or conn.is_http2 or self.tpool._work_queue.qsize():
            return False
        return not conn.parser.unreader.buf.getvalue()

    def _comes_again(self, conn: Any) -> bool:
        """Whether the next request is here within STAY_MS."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            waiting = select.poll()
            waiting.register(conn.sock, select.POLLIN)
            return bool(waiting.poll(STAY_MS)) and self.alive
        finally:
            self._places.release()
