"""Most generated requests name the tests' site and a page of it, so that they get past the door."""

from __future__ import annotations

import json
import zlib
from typing import Any
from urllib.parse import urlencode

import schemathesis

SITE = {"site": "demo"}
PAGE = "http://news.test/generated"


def _most(values: Any) -> bool:
    return zlib.crc32(json.dumps(values, default=str, sort_keys=True).encode()) % 4 > 0


def _short(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if len(urlencode({name: value}, doseq=True)) < 2_000}


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    # A request line over 8,190 bytes never reaches the application: gunicorn refuses it.
    if isinstance(query, dict) and (_most(query) or len(urlencode(query, doseq=True)) > 7_500):
        return {**_short(query), **SITE, "url": PAGE}
    return query


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    if isinstance(body, dict) and _most(body):
        given = {
            "name": "Reader",
            "email": "reader@example.org",
            "comment": f"Generated {zlib.crc32(repr(body).encode())}",
        }
        kept = {name: value for name, value in body.items() if value not in ("", None)}
        return {**given, **kept, **SITE, "thread_url": PAGE}
    return body
