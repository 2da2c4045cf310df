"""Where the time of one accepted comment goes: exclusive times of the request's stages, one request at a time.

In process and in one thread, by wrapping the stages' functions for the time of the measurement; nothing in the
service knows of it. The wrapping itself costs a few microseconds a stage.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from flask import Flask

from moderation.checks.classifier import Scorer
from moderation.services import submission, submit
from moderation.storage.database import Database
from moderation.storage.vault import Vault
from moderation.web.public import api, fields
from moderation.wiring import Wiring
from tests.support.settings import SITE, SITE_ORIGIN

REST = "Flask, JSON, headers, rate limit"
STAGES: list[tuple[str, Any, str]] = [
    ("parse and validate", api, "read_body"),
    ("parse and validate", fields, "read"),
    ("read SQL", submission, "read_known"),
    ("read SQL", submit, "_answered_before"),
    ("score", Scorer, "opinions"),
    ("other checks and policy", submit, "assess_all"),
    ("seal the address", Vault, "seal"),
    ("seal the address", Vault, "digest"),
    ("write SQL", Database, "write"),
]


class Stopwatch:
    """Adds up, by name, the time between entering and leaving, less what inner stages took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            started = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                took = time.perf_counter() - started
                self.seconds[name] += took - self._inner.pop()
                self._inner[-1] += took

        return wrapped


def stages(wiring: Wiring, app: Flask, texts: list[str], rounds: int = 1000) -> dict[str, float]:
    """Milliseconds of a request by stage, all of them together being the request."""
    client = app.test_client()
    token = client.get("/api/v1/form", query_string={"site": SITE, "url": f"{SITE_ORIGIN}/a"}).json["token"]
    time.sleep(2.1)  # a person would not be faster, and the policy would hold the comment
    watch = Stopwatch()
    for number in range(100):
        _post(client, texts, token, number)
    with ExitStack() as stack:
        for name, owner, attribute in STAGES:
            wrapped = watch.timed(name, getattr(owner, attribute))
            stack.enter_context(patch.object(owner, attribute, _as_method(wrapped)))
        dialect = wiring.database.engine.dialect
        commit = watch.timed("wait for the disk (commit)", dialect.do_commit)
        stack.enter_context(patch.object(dialect, "do_commit", commit))
        stack.enter_context(patch.object(app, "wsgi_app", watch.timed(REST, app.wsgi_app)))
        for number in range(100, 100 + rounds):
            _post(client, texts, token, number)
    return {name: seconds / rounds * 1000 for name, seconds in watch.seconds.items()}


def _as_method(wrapped: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: wrapped(*args, **kwargs)


def _post(client: Any, texts: list[str], token: str, number: int) -> None:
    reply = client.post(
        "/api/v1/comments",
        headers={"Idempotency-Key": f"stages-{number}"},
        json={
            "site": SITE, "thread_url": f"{SITE_ORIGIN}/article/{number % 50}", "thread_title": "Article",
            "name": f"Reader {number}", "email": f"reader{number * 7 % 9973}@example.org",
            "website": "https://reader.example.org/", "comment": f"{texts[number % len(texts)]} stages {number}",
            "form_token": token,
        },
    )  # fmt: skip
    assert reply.status_code in (200, 201, 202), reply.text
