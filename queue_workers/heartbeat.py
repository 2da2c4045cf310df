"""A sign of life in SQL, every few seconds at most: /readyz tells what is silent."""

import os
import secrets
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from moderation.storage import heartbeats
from moderation.storage.database import Unavailable

if TYPE_CHECKING:
    from moderation.wiring import Wiring

EVERY_S = 5.0


class Heartbeat:
    def __init__(self, wiring: "Wiring", kind: str) -> None:
        self._wiring = wiring
        self._name = f"{kind}:{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._last = float("-inf")

    def __call__(self) -> None:
        if time.monotonic() - self._last < EVERY_S:
            return
        self._last = time.monotonic()
        now = self._wiring.clock.now_us()
        with suppress(Unavailable, SQLAlchemyError):  # whether it can write or not, it lives
            self._wiring.database.write(lambda conn: heartbeats.beat(conn, self._name, at=now))

    def end(self) -> None:
        with suppress(Unavailable, SQLAlchemyError):
            self._wiring.database.write(lambda conn: heartbeats.forget(conn, self._name))
