"""The application in this process, on a port of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from moderation.web.app import create_app
from tests.support.processes import free_port

if TYPE_CHECKING:
    from flask import Flask

    from moderation.wiring import Wiring


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served_by_name(wiring: Wiring) -> Iterator[Wiring]:
    """Under a name, and knowing it: browsers keep passkeys for names."""
    port = free_port()
    named = replace(wiring, settings=wiring.settings.model_copy(update={"public_url": f"http://localhost:{port}"}))
    with served(create_app(named), port):
        yield named
