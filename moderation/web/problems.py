"""What went wrong, as `application/problem+json` (RFC 9457), in words for the person who sent it."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

KIND = "application/problem+json"


class Problem(Exception):
    """An answer that is not a success; raised in views, turned into a response once, at the door."""

    def __init__(
        self, status: int, title: str, *, detail: str = "", errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": self.status}
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = self.errors
        return document


def as_response(problem: Problem) -> Response:
    response = jsonify(problem.document())
    response.status_code = problem.status
    response.content_type = KIND
    response.headers.update(problem.headers)
    return response


def from_http(error: HTTPException) -> Problem:
    status = error.code or 500
    titles = {
        400: _("We could not read this request."),
        404: _("There is nothing here."),
        405: _("This address does not take that method."),
        413: _("This is larger than we take."),
        415: _("Send JSON or a form."),
        429: _("Too many at once. Please wait a moment and send it again."),
    }
    headers = dict(error.get_response().headers)
    kept = {name: value for name, value in headers.items() if name in ("Allow", "Retry-After")}
    return Problem(status, titles.get(status, error.name), headers=kept)
