"""Coral's external moderation phase: Coral posts each new comment here, signed, and does as the answer says.

The signature covers the body and no time, as Coral makes it: there is no window of skew to allow (0 s), and a request
that is sent again is answered again. That is harmless: nothing is stored. Who cannot sign learns nothing.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException, TooManyRequests

from moderation.domain.comment import Band
from moderation.services.assess_text import Judgement, judge
from moderation.services.html_words import words_of
from moderation.storage.database import Unavailable
from moderation.web.compat.door import Door, NotJson, allow_bytes, read_json

MOST_BYTES = 1024 * 1024
STAFF = frozenset({"STAFF", "MODERATOR", "ADMIN"})
log = structlog.get_logger(__name__)


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def coral_blueprint(door: Door) -> Blueprint:
    compat = Blueprint("coral", __name__)

    @compat.post("/coral/phase/<id>")
    def phase(id: str) -> Response:
        allow_bytes(MOST_BYTES)
        holder = door.admit_by_id(id)
        body = request.get_data(cache=False)
        secret = holder.coral_secret if holder is not None else None
        if holder is None or secret is None or not signed(secret, body, request.headers.get("X-Coral-Signature", "")):
            raise Refused(401, "The address or the signature is not right.")
        site = door.wiring.sites.by_key(holder.site_key)
        assert site is not None  # a key's site is a foreign key
        text, role = _read(body)
        door.usage.count(holder.id)
        if role in STAFF:
            return Response(status=204)
        answered = _answer(judge(door.wiring, site, text))
        return jsonify(answered) if answered else Response(status=204)

    @compat.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return _error(error.status, str(error))

    @compat.errorhandler(TooManyRequests)
    def too_many(error: TooManyRequests) -> Response:
        response = _error(429, "Too many at once.")
        response.headers["Retry-After"] = str(error.retry_after or 1)
        return response

    @compat.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return _error(error.code or 400, error.name)

    @compat.errorhandler(Unavailable)
    def unavailable(_error_: Unavailable) -> Response:
        return _error(503, "The database is away.")

    @compat.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("request.failed", error=type(error).__name__)
        return _error(500, "Something broke on our side.")

    return compat


def signed(secret: str, body: bytes, header: str) -> bool:
    """`sha256=<hex>`, or several with commas between them while Coral changes its secret."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = [each.strip() for each in header.split(",")[:10]]
    return any(hmac.compare_digest(expected.encode(), each.encode("utf-8", "replace")) for each in given)


def _read(body: bytes) -> tuple[str, str]:
    """(the comment as its readers see it, the author's role)."""
    try:
        document = read_json(body)
    except NotJson as error:
        raise Refused(400, str(error)) from None
    comment = document.get("comment") if isinstance(document, dict) else None
    if not isinstance(comment, dict) or not isinstance(comment.get("body"), str):
        raise Refused(400, "comment.body is missing, or is no text.")
    author = document.get("author")
    role = author.get("role") if isinstance(author, dict) else None
    return words_of(comment["body"], line_breaks_count=False), role if isinstance(role, str) else ""


def _answer(judged: Judgement) -> Mapping[str, Any]:
    """Empty: no objection; Coral's own phases go on. A comment is never approved past them."""
    match judged.band:
        case Band.AUTO_SPAM:
            return {"status": "REJECTED", "actions": [_flag("COMMENT_DETECTED_SPAM")]}
        case Band.AUTO_REJECT:
            return {"status": "REJECTED", "actions": [_flag("COMMENT_DETECTED_TOXIC")]}
        case Band.REVIEW | Band.UNSCORED:
            held: dict[str, Any] = {"status": "SYSTEM_WITHHELD"}
            return {**held, "actions": [_flag("COMMENT_DETECTED_SPAM")]} if judged.is_spam else held
    return {}


def _flag(reason: str) -> Mapping[str, str]:
    return {"actionType": "FLAG", "reason": reason}


def _error(status: int, message: str) -> Response:
    response = jsonify({"error": message})
    response.status_code = status
    return response
