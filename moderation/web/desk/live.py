"""Desks that are open are told at once when something changed at one of their sites; they then ask what.

A stream holds no thread of the web server: once its answer has begun, its connection is taken out of the server's hands
(`adopt`) and one thread a process writes to all of them. It waits for none: who does not take the few bytes that a
message has is let go, and asks every few seconds instead, as does who found no place.
"""

import os
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from moderation.domain.roles import Right
from moderation.services import sign_in
from moderation.storage import changes, roles
from moderation.storage.database import Unavailable
from moderation.wiring import Wiring

TICK_S = 1.0
BEAT_S = 15.0
# Who was signed out, or has lost a site, is let go at the next beat.
LIFE_S = 15 * 60.0
PATIENCE_S = 10.0
A_PERSON = 10
LOOK_BACK_US = 5_000_000
SENT_AHEAD = 4_096
# The answer is said to be so long, since nobody knows how long it will be; none comes near it in its life.
MOST_BYTES = 4_000_000
HELLO, CHANGED, BEAT = (f"event: {name}\ndata: 1\n\n".encode() for name in ("hello", "changed", "beat"))
log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Stream:
    connection: socket.socket
    token: str
    moderator_id: str
    site_ids: frozenset[str]
    ends_at: float
    beat_at: float
    left: bytes = b""  # what its reader has not taken yet
    stuck_since: float = field(default=0.0)

    def send(self, message: bytes, now: float) -> bool:
        """False once it should be let go. A reader who is behind is sent nothing more: one message says it all."""
        try:
            if not self.left:
                self.left, self.stuck_since = message, now
            self.left = self.left[self.connection.send(self.left) :]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return not self.left or now - self.stuck_since < PATIENCE_S


class Live:
    """The streams of one process."""

    def __init__(self, wiring: Wiring, most: int) -> None:
        self._wiring = wiring
        self._most = most
        self._lock = threading.Lock()
        self._streams: list[_Stream] = []
        self._thread: threading.Thread | None = None
        self._seen: deque[str] = deque(maxlen=2 * changes.MOST)

    def has_room(self, moderator_id: str) -> bool:
        with self._lock:
            theirs = sum(each.moderator_id == moderator_id for each in self._streams)
            return len(self._streams) < self._most and theirs < A_PERSON

    def adopt(self, server_side: socket.socket, token: str, moderator_id: str) -> None:
        """Take over a connection from the web server, which is left with one that has ended."""
        with self._wiring.database.read() as conn:
            site_ids = frozenset(roles.site_ids(conn, moderator_id, Right.LOOK))
        connection = socket.socket(fileno=os.dup(server_side.fileno()))
        ended, other = socket.socketpair()
        other.close()
        os.dup2(ended.fileno(), server_side.fileno(), inheritable=False)
        ended.close()
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD)
        now = time.monotonic()
        self._add(_Stream(connection, token, moderator_id, site_ids, now + LIFE_S, now + BEAT_S))

    def close(self) -> None:
        """Let everybody go, and wait until that is done."""
        with self._lock:
            thread = self._thread
            for each in self._streams:
                each.ends_at = 0.0
        if thread is not None:
            thread.join(timeout=10 * TICK_S + 5)

    def _add(self, stream: _Stream) -> None:
        with self._lock:
            self._streams.append(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                streams = list(self._streams)
                if not streams:
                    self._thread = None
                    return
            try:
                self._tick(streams)
            except Exception as error:  # the streams of everybody hang on this thread
                log.error("live.failed", error=type(error).__name__)
                time.sleep(TICK_S)

    def _tick(self, streams: list[_Stream]) -> None:
        gone = set(self._left(streams))
        changed = self._changed_sites()
        now = time.monotonic()
        for stream in streams:
            if stream not in gone and not self._tell(stream, changed, now):
                gone.add(stream)
        for stream in gone:
            stream.connection.close()
        with self._lock:
            self._streams = [each for each in self._streams if each not in gone]

    def _left(self, streams: list[_Stream]) -> Iterator[_Stream]:
        """Those whose reader hung up, within a tick. A reader has nothing more to say."""
        ends = time.monotonic() + TICK_S
        by_number = {each.connection.fileno(): each for each in streams}
        poller = select.poll()
        for number in by_number:
            poller.register(number, select.POLLIN)
        while by_number and (rest := ends - time.monotonic()) > 0:
            for number, _ in poller.poll(rest * 1000):
                said = b""
                with suppress(OSError):
                    said = by_number[number].connection.recv(1024)
                if not said:
                    poller.unregister(number)
                    yield by_number.pop(number)
        time.sleep(max(0.0, ends - time.monotonic()))

    def _tell(self, stream: _Stream, changed: frozenset[str], now: float) -> bool:
        if now > stream.ends_at:
            return False
        if now > stream.beat_at:
            stream.beat_at = now + BEAT_S
            return self._may_stay(stream) and stream.send(BEAT, now)
        if changed & stream.site_ids:
            return stream.send(CHANGED, now)
        return stream.send(b"", now) if stream.left else True

    def _may_stay(self, stream: _Stream) -> bool:
        """Without a database nobody can say: then the stream stays, since it says nothing either."""
        with suppress(Unavailable):
            if not sign_in.is_open(self._wiring, stream.token):
                return False
            with self._wiring.database.read() as conn:
                stream.site_ids = frozenset(roles.site_ids(conn, stream.moderator_id, Right.LOOK))
            return bool(stream.site_ids)
        return True

    def _changed_sites(self) -> frozenset[str]:
        found = self._changes()
        seen = set(self._seen)
        fresh = [id for id in found if id not in seen]
        self._seen.extend(fresh)
        return frozenset(site_id for id in fresh if (site_id := found[id]) is not None)

    def _changes(self) -> dict[str, str | None]:
        with suppress(Unavailable), self._wiring.database.read() as conn:
            return changes.since(conn, self._wiring.clock.now_us() - LOOK_BACK_US)
        return {}


def connection_of(environ: dict[str, object]) -> socket.socket | None:
    """The request's own connection, where the server shows it and nothing lies around it."""
    found = environ.get("gunicorn.socket")
    return found if isinstance(found, socket.socket) and not isinstance(found, ssl.SSLSocket) else None
