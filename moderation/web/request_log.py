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

ID_HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"})
# Counted by /metrics; as lines they would be nine of ten and bury the tenth.
_UNINTERESTING = frozenset({"/healthz", "/readyz", "/metrics", "/static/<path:filename>", "/api/v1/threads",
                            "/v1alpha1/comments:<operation>", "/v1/moderations", "/1.1/<call>"})  # fmt: skip


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def begin(environ: dict[str, Any]) -> str:
    """The request's id; what is logged from now on carries it."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    id = given if given and _ID.fullmatch(given) else os.urandom(16).hex()
    # Nothing else is ever bound: there is nothing of the thread's last request to clear.
    structlog.contextvars.bind_contextvars(request_id=id)
    return id


def measure(method: str, route: str, status: int, took_s: float) -> None:
    _measured(method, route, status).observe(took_s)


def _begin() -> None:
    g.request_id = begin(request.environ)
    g.began = time.perf_counter()


@cache
def _measured(method: str, route: str, status: int) -> Any:
    return metrics.REQUESTS.labels(method, route, str(status))


def _end(response: Response) -> Response:
    # Without _begin: a request refused before it, by its Host header for one.
    took = time.perf_counter() - g.get("began", time.perf_counter())
    rule, status = request.url_rule, response.status_code
    route = rule.rule if rule else "(none)"
    method = request.method if request.method in _METHODS else "OTHER"
    measure(method, route, status, took)
    if "request_id" in g:
        response.headers[ID_HEADER] = g.request_id
    if route not in _UNINTERESTING or status >= 500:
        write_line(
            "moderation.request", "request", method=method, route=route, status=status,
            ms=round(took * 1000, 1), request_id=g.get("request_id", ""),
        )  # fmt: skip
    return response
