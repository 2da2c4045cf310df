"""OpenAI's moderations endpoint: POST /v1/moderations with a Bearer key.

All thirteen categories are in every answer. Seven have no model here: they are false, 0.0, and their list of input
types that were looked at is empty, which is how the protocol itself says "not looked at".
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException, TooManyRequests

from moderation.domain.finding import Missing
from moderation.services.assess_text import ScoredText, score_texts
from moderation.storage.database import Unavailable
from moderation.web.compat.door import Door, NotJson, allow_bytes, bearer, read_json

MOST_BYTES = 4 * 1024 * 1024
MOST_INPUTS = 256
MOST_CHARACTERS = 1_000_000
FLAGGED_FROM = 0.5
# The highest of these scores of ours answers for the category.
SERVED: Mapping[str, Sequence[str]] = {
    "harassment": ("insult", "toxicity"),
    "harassment/threatening": ("threat",),
    "hate": ("identity_attack",),
    "hate/threatening": (),
    "illicit": (),
    "illicit/violent": (),
    "self-harm": (),
    "self-harm/instructions": (),
    "self-harm/intent": (),
    "sexual": (),
    "sexual/minors": (),
    "violence": ("threat",),
    "violence/graphic": (),
}
log = structlog.get_logger(__name__)


class OpenAIError(Exception):
    def __init__(self, status: int, kind: str, message: str, *, code: str | None = None, param: str | None = None):
        super().__init__(message)
        self.status = status
        self.document = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def openai_blueprint(door: Door) -> Blueprint:
    compat = Blueprint("openai", __name__)

    @compat.post("/v1/moderations")
    def moderations() -> Response:
        allow_bytes(MOST_BYTES)
        holder = door.admit(bearer())
        if holder is None:
            raise OpenAIError(401, "invalid_request_error", "Incorrect API key provided.", code="invalid_api_key")
        inputs = _inputs(_document(request.get_data(cache=False)))
        scored = score_texts(door.wiring.looks, inputs, site_id=holder.site_id)
        found = [each for each in scored if isinstance(each, ScoredText)]
        if any(isinstance(each, Missing) for each in scored):
            raise OpenAIError(503, "server_error", "The classifier is not available.")
        door.usage.count(holder.id)
        answered = {"id": f"modr-{secrets.token_hex(16)}", "model": found[0].model}
        return jsonify({**answered, "results": [_result(each) for each in found]})

    _tell_failures(compat)
    return compat


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = read_json(body)
    except NotJson as error:
        raise _bad(f"We could not parse the JSON body of your request. {error}") from None
    if not isinstance(document, dict):
        raise _bad("The body of your request must be a JSON object.")
    return document


def _inputs(document: Mapping[str, Any]) -> list[str]:
    """One text a result: a string, each of a list of strings, or all text parts of a list together."""
    given = document.get("input")
    if isinstance(given, str):
        found = [given]
    elif not isinstance(given, list) or not given:
        raise _bad("'input' must be a string, a list of strings or a list of parts.", "input")
    elif len(given) > MOST_INPUTS:
        raise _bad(f"'input' has {len(given)} entries; {MOST_INPUTS} is the most.", "input")
    elif all(isinstance(each, str) for each in given):
        found = given
    else:
        found = ["\n".join(_part(each, number) for number, each in enumerate(given))]
    if sum(len(text) for text in found) > MOST_CHARACTERS:
        raise _bad(f"'input' has more than {MOST_CHARACTERS} characters.", "input")
    return found


def _part(part: Any, number: int) -> str:
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    if isinstance(part, dict) and part.get("type") == "image_url":
        # Leaving it out would say of a picture that there is nothing in it.
        raise _bad("Images are not scored here; send the text alone.", f"input[{number}]")
    raise _bad("A part is {'type': 'text', 'text': …}.", f"input[{number}]")


def _bad(message: str, param: str | None = None) -> OpenAIError:
    return OpenAIError(400, "invalid_request_error", message, param=param)


def _result(scored: ScoredText) -> dict[str, Any]:
    scores = {name: max((scored.scores[ours] for ours in sources), default=0.0) for name, sources in SERVED.items()}
    categories = {name: score >= FLAGGED_FROM for name, score in scores.items()}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": {name: round(score, 8) for name, score in scores.items()},
        "category_applied_input_types": {name: ["text"] if sources else [] for name, sources in SERVED.items()},
    }


def _tell_failures(compat: Blueprint) -> None:
    @compat.errorhandler(OpenAIError)
    def openai(error: OpenAIError) -> Response:
        response = jsonify(error.document)
        response.status_code = error.status
        return response

    @compat.errorhandler(TooManyRequests)
    def too_many(error: TooManyRequests) -> Response:
        limited = OpenAIError(429, "requests", "Rate limit reached for requests.", code="rate_limit_exceeded")
        response = openai(limited)
        response.headers["Retry-After"] = str(error.retry_after or 1)
        return response

    @compat.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return openai(OpenAIError(error.code or 400, "invalid_request_error", error.name))

    @compat.errorhandler(Unavailable)
    def unavailable(_error: Unavailable) -> Response:
        return openai(OpenAIError(503, "server_error", "The database is away. Please try again shortly."))

    @compat.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("request.failed", error=type(error).__name__)
        return openai(OpenAIError(500, "server_error", "Something broke on our side."))
