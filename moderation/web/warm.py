"""What a web process has ready before anybody asks: a program that allows us a second gets its first answer in time."""

import contextlib
import importlib
import threading

import structlog
from flask import Flask

from moderation.services import assess_text_language

log = structlog.get_logger(__name__)


class Meanwhile:
    """Loads what all web processes share, while the first of them imports the rest."""

    def __init__(self) -> None:
        # Here, since two threads that import the same for the first time may find it half done.
        importlib.import_module("py3langid.langid")
        self._thread = threading.Thread(target=_load_detector, name="language detector")
        self._thread.start()

    def wait(self) -> None:
        """Before the process forks: no thread may be left in the middle of something."""
        self._thread.join()


def _load_detector() -> None:
    with contextlib.suppress(Exception):  # a full disk, for one: the first text that needs it tries again
        assess_text_language.load()


def warm(app: Flask) -> None:
    """Load this process's own model in the background; a request that comes first waits for it."""
    if not assess_text_language.is_loaded():
        log.warning("language.not_loaded")
    scorer = app.extensions["moderato"].scorer
    threading.Thread(target=scorer.current, name="model", daemon=True).start()
