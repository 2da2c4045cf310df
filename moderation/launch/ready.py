"""Waits until the service answers."""

import contextlib
import time
import urllib.request
from collections.abc import Callable

from config.settings import Settings

PATIENCE_S = 60.0


def wait(settings: Settings, stopped: Callable[[], bool]) -> bool:
    """True once /readyz says yes; False when `stopped` or nothing answers in time."""
    url = f"{local_url(settings)}/readyz"
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and not stopped():
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as reply:
            if reply.status == 200:
                return True
        time.sleep(0.1)
    return False


def local_url(settings: Settings) -> str:
    """How this machine reaches it: an address that means "all" is reached by loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
