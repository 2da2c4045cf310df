"""A problem told to a person: a page in the voice of the others."""

from flask import Response, g, render_template

from moderation.web.problems import Problem
from moderation.web.public.template_words import language

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def error_page(problem: Problem) -> Response:
    html = render_template(
        "public/error.html", heading=problem.title.rstrip("."),
        sentences=[text for text in (problem.detail, *problem.errors.values()) if text],
        request_id=g.get("request_id") if problem.status >= 500 else None, **language(),
    )  # fmt: skip
    response = Response(html, status=problem.status)
    response.headers.update(problem.headers)
    return private(response)


def private(response: Response) -> Response:
    """For a page with somebody's text or token in it: kept nowhere, and no script runs on it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    return response
