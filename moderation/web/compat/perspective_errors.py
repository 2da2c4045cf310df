"""Google's error envelope. `details` is never empty: clients read its first entry without looking."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests

from moderation.storage.database import Unavailable

INVALID, DENIED, EXHAUSTED, AWAY = "INVALID_ARGUMENT", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"
_ANALYZER = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
log = structlog.get_logger(__name__)
_SERVICE = {"service": "commentanalyzer.googleapis.com"}


class GoogleError(Exception):
    """An answer that is not a success; `code` is its HTTP status too."""

    def __init__(self, code: int, status: str, message: str, details: Sequence[Mapping[str, Any]],
                 retry_after: int | None = None) -> None:  # fmt: skip
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = list(details)
        self.retry_after = retry_after

    def as_json(self) -> str:
        error = {"code": self.code, "message": self.message, "status": self.status, "details": self.details}
        return json.dumps({"error": error}) + "\n"

    def headers(self) -> list[tuple[str, str]]:
        return [] if self.retry_after is None else [("Retry-After", str(self.retry_after))]


def of(error: Exception) -> GoogleError:
    """How a failure of any kind is told."""
    if isinstance(error, GoogleError):
        return error
    if isinstance(error, Unavailable):
        return away("The database is away. Please try again shortly.")
    if isinstance(error, RequestEntityTooLarge):
        return too_large()
    if isinstance(error, TooManyRequests):
        return too_many(error.retry_after if isinstance(error.retry_after, int) else 1)
    if isinstance(error, HTTPException):
        told = unreadable(error.name)
        told.code = error.code or 400
        return told
    log.error("request.failed", error=type(error).__name__)
    return broken()


def analyzer(error_type: str, message: str, **more: Any) -> GoogleError:
    return GoogleError(400, INVALID, message, [{"@type": _ANALYZER, "errorType": error_type, **more}])


def unreadable(description: str, field: str = "") -> GoogleError:
    violation = {"field": field, "description": description} if field else {"description": description}
    message = f"Invalid value at '{field}': {description}" if field else f"Invalid JSON payload received. {description}"
    return GoogleError(400, INVALID, message, [{"@type": _BAD_REQUEST, "fieldViolations": [violation]}])


def unsupported_language(attribute: str, languages: Sequence[str], *, asked: bool) -> GoogleError:
    named = "requestedLanguages" if asked else "detectedLanguages"
    return analyzer(
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        f"Attribute {attribute} does not support request languages: {', '.join(languages)}",
        languageNotSupportedByAttributeError={named: list(languages), "attribute": attribute},
    )


def bad_key() -> GoogleError:
    return GoogleError(
        400, INVALID, "API key not valid. Please pass a valid API key.", [_info("API_KEY_INVALID")]
    )


def no_key() -> GoogleError:
    message = (
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API."
    )
    return GoogleError(403, DENIED, message, [_info("CONSUMER_INVALID")])


def too_many(retry_after: int) -> GoogleError:
    message = "Quota exceeded for quota metric 'Analyze requests (AnalyzeComment)' of this key."
    details = [_info("RATE_LIMIT_EXCEEDED"),
               {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after}s"}]  # fmt: skip
    return GoogleError(429, EXHAUSTED, message, details, retry_after)


def too_large() -> GoogleError:
    return GoogleError(413, INVALID, "Request payload size exceeds the limit.", [_info("REQUEST_TOO_LARGE")])


def away(what: str) -> GoogleError:
    return GoogleError(503, AWAY, what, [_info("UNAVAILABLE")], 5)


def broken() -> GoogleError:
    return GoogleError(500, "INTERNAL", "Internal error encountered.", [_info("INTERNAL")])


def not_found() -> GoogleError:
    return GoogleError(404, "NOT_FOUND", "Method not found.", [_info("NOT_FOUND")])


def _info(reason: str) -> dict[str, Any]:
    return {"@type": _INFO, "reason": reason, "domain": "googleapis.com", "metadata": _SERVICE}
