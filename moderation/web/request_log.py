"""One log line and one measurement a request, under an id that every other line of it carries.

The line has the route's rule, never the path or the query: those may hold signed links and what
people typed.
"""

import os
import re
import time
from functools import cache
from typing import Any

import structlog
from flask import Flask, Response, g, request

from config.log_setup import write_line
from moderation.outbound import metrics

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Counted by /metrics; as lines they would be nine of ten and bury the tenth.
_UNINTERESTING = frozenset({"/healthz", "/readyz", "/metrics", "/static/<path:filename>", "/api/v1/threads",
                            "/v1alpha1/comments:<operation>", "/v1/moderations", "/1.1/<call>"})  # fmt: skip


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _ID.fullmatch(given) else os.urandom(16).hex()
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


@cache
def _measured(method: str, route: str, status: int) -> Any:
    return metrics.REQUESTS.labels(method, route, str(status))


def _end(response: Response) -> Response:
    # Without _begin: a request refused before it, by its Host header for one.
    took = time.perf_counter() - g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "(none)"
    method = (
        request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE") else "OTHER"
    )
    _measured(method, route, response.status_code).observe(took)
    if "request_id" in g:
        response.headers["X-Request-ID"] = g.request_id
    if route not in _UNINTERESTING or response.status_code >= 500:
        write_line(
            "moderation.request", "request", method=method, route=route, status=response.status_code,
            ms=round(took * 1000, 1), request_id=g.get("request_id", ""),
        )  # fmt: skip
    return response
