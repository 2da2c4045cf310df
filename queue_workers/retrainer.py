"""Fits sites' heads in a process of its own, one at a time: it takes a minute of a processor and a model's memory."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import structlog

from moderation.services import retrain_due

if TYPE_CHECKING:
    from moderation.wiring import Wiring

EVERY_S = 900.0
GENTLY = 10

log = structlog.get_logger(__name__)


class Retrainer:
    """Called by the clock now and then; 1 when it has begun with a site."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[bytes] | None = None

    def __call__(self, wiring: "Wiring") -> int:
        if self._running is not None:
            ended = self._running.poll()
            if ended is None:
                return 0
            # 1: the gate has refused, which the log of the service tells.
            if ended not in (0, 1):
                log.error("retrain.failed", status=ended)
            self._running = None
        key = retrain_due.next_site(wiring)
        if key is None:
            return 0
        self._running = subprocess.Popen(
            [sys.executable, "-m", "moderation", "retrain", key],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=_gently,
        )  # fmt: skip
        return 1

    def wait(self, timeout: float) -> int | None:
        """How it ended, for a test; None if nothing runs."""
        return self._running.wait(timeout) if self._running is not None else None

    def end(self) -> None:
        """A fit that is not finished is begun again another day."""
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()


def _gently() -> None:
    os.nice(GENTLY)
