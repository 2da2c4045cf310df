"""Perspective's analyze, answered before Flask: its contexts, its routing and our hooks cost as much as a shared look,
and programs ask a thousand times a second.

What is out of the ordinary, a key that does not work for one, goes on to Flask, which answers the same.
"""

import contextlib
import io
import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from moderation.storage.database import Unavailable
from moderation.web import headers, request_log
from moderation.web.compat import perspective_errors as errors
from moderation.web.compat.perspective import CALL, MOST_BYTES, Perspective

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/v1alpha1/comments:analyze"
_KEY = re.compile(r"(?:.*&)?key=([0-9a-f]{12})(?:&.*)?")


class Straight:
    def __init__(self, others: "WSGIApplication", perspective: Perspective) -> None:
        self._others = others
        self._perspective = perspective

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH or environ["REQUEST_METHOD"] != "POST":
            return self._others(environ, start_response)
        began = time.perf_counter()
        key = _key(environ.get("QUERY_STRING", ""))
        body = _body(environ) if key and self._works(key) else None
        if key is None or body is None:
            return self._others(environ, start_response)
        return self._answer(key, body, began, environ, start_response)

    def _works(self, key: str) -> bool:
        with contextlib.suppress(Unavailable):
            return self._perspective.knows(key)
        return False

    def _answer(self, key: str, body: bytes, began: float, environ: "WSGIEnvironment",
                start_response: "StartResponse") -> Iterable[bytes]:  # fmt: skip
        id, status, more = request_log.begin(environ), 200, []
        try:
            answered = self._perspective.answer("analyze", key, body)
        except Exception as raised:
            error = errors.of(raised)
            answered, status, more = error.as_json(), error.code, error.headers()
        told = answered.encode("ascii")
        request_log.measure("POST", CALL, status, time.perf_counter() - began)
        start_response(
            f"{status} {HTTPStatus(status).phrase}",
            [
                ("Content-Type", "application/json"), ("Content-Length", str(len(told))),
                (request_log.ID_HEADER, id), *headers.ALWAYS, *more,
            ],
        )  # fmt: skip
        return [told]


def _key(query: str) -> str | None:
    """The one that Flask would find, where that is plain to see."""
    found = _KEY.fullmatch(query)
    return found[1] if found and query.count("key=") == 1 and "%" not in query else None


def _body(environ: "WSGIEnvironment") -> bytes | None:
    size = environ.get("CONTENT_LENGTH", "")
    if not size.isdecimal() or int(size) > MOST_BYTES:
        return None
    body: bytes = environ["wsgi.input"].read(int(size))
    if len(body) == int(size):
        return body
    environ["wsgi.input"] = io.BytesIO(body)
    return None
