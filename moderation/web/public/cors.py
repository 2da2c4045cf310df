"""Which pages of other origins may read our answers: those of the site that is asked for, no others."""

from flask import Response

MAX_AGE_S = "600"


def allow(response: Response, origin: str | None, *, allowed: bool) -> Response:
    response.vary.add("Origin")
    if origin and allowed:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    return response


def preflight(response: Response, origin: str | None, allowed: bool, methods: str) -> Response:
    """A preflight names no site, so any known site's origin passes; the request itself is checked again."""
    response.vary.add("Origin")
    if origin and allowed:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key, If-None-Match"
        response.headers["Access-Control-Max-Age"] = MAX_AGE_S
    return response
