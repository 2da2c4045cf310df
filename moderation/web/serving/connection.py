"""A connection, read before anybody works for it: what has come of a request, and whether that is all of it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

MOST_KEPT = 72 * 1024  # the largest comment with its headers; what is larger is read by who works on it
_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_LATER = (b"\r\ntransfer-encoding", b"\r\nexpect", b"\r\nupgrade")


class Come(Enum):
    """How much of the next request is here."""

    PART = "part"
    ALL = "all"
    UNTOLD = "untold"  # a larger one, or its end is not told at its beginning
    ENDED = "ended"


class Connection(socket.socket):
    """As gunicorn wants a socket; in haste, neither reading nor writing waits for the other side."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        self.ahead = b""  # come, and not read yet
        self.left = b""  # written, and not sent yet
        self._hasty = False
        self._missing = 0  # this much more, and the request is whole

    def listen_on(self) -> Come:
        """Take in what has come."""
        try:
            more = super().recv(MOST_KEPT, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return Come.PART
        except OSError:
            return Come.ENDED
        if not more:
            return Come.UNTOLD if self.ahead else Come.ENDED
        self.ahead += more
        self._missing -= len(more)
        return Come.PART if self._missing > 0 else self._come()

    def _come(self) -> Come:
        end = self.ahead.find(_END)
        if end < 0:
            return Come.PART if len(self.ahead) < MOST_KEPT else Come.UNTOLD
        size = _body_size(self.ahead[:end].lower())
        if size is None or size > MOST_KEPT:
            return Come.UNTOLD
        self._missing = end + len(_END) + size - len(self.ahead)
        return Come.PART if self._missing > 0 else Come.ALL

    @contextmanager
    def in_haste(self) -> Iterator[None]:
        self._hasty = True
        try:
            yield
        finally:
            self._hasty = False

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.ahead:
            taken, self.ahead = self.ahead[:size], self.ahead[size:]
            return taken
        return super().recv(size, flags | socket.MSG_DONTWAIT if self._hasty else flags)

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        if self._hasty:
            self.left += data
        else:
            super().sendall(data, flags)

    def send_left(self) -> bool:
        """Whether all that was written in haste is on its way, or never will be."""
        if self.left:
            try:
                self.left = self.left[super().send(self.left, socket.MSG_DONTWAIT) :]
            except (BlockingIOError, InterruptedError):
                return False
            except OSError:
                self.left = b""
        return not self.left

    def send_rest(self) -> None:
        rest, self.left = self.left, b""
        super().sendall(rest)

    def has_ended(self) -> bool:
        """What still comes is thrown away."""
        try:
            return not super().recv(MOST_KEPT, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True

    def setblocking(self, flag: bool) -> None:
        # Each call that must not wait says so itself; what gunicorn sets and sets back costs two calls a request.
        if not self._hasty and self.gettimeout() != (None if flag else 0.0):
            super().setblocking(flag)


def _body_size(head: bytes) -> int | None:
    """What the head (lower case) says of its body; None if it says it in a way that takes more reading."""
    if any(word in head for word in _LATER):
        return None
    at = head.find(_LENGTH)
    if at < 0:
        return 0
    said = head[at + len(_LENGTH) :].partition(b"\r\n")[0].strip()
    return int(said) if said.isdigit() and len(said) < 9 and head.count(_LENGTH) == 1 else None
