"""Google's Perspective API (commentanalyzer v1alpha1), whose clients change their endpoint and no more."""

from collections.abc import Sequence
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests

from moderation.domain.finding import Missing
from moderation.services.api_keys import Key
from moderation.services.assess_text import ScoredText, Span, score_text, trained_languages
from moderation.services.assess_text_language import language_of
from moderation.services.feedback import Feedback, TooMuchFeedback, take_feedback
from moderation.storage.database import Unavailable
from moderation.web.compat import perspective_batch as batches
from moderation.web.compat import perspective_errors as errors
from moderation.web.compat.door import Door, allow_bytes, bearer
from moderation.web.compat.perspective_discovery import document as discovery_document
from moderation.web.compat.perspective_errors import GoogleError
from moderation.web.compat.perspective_wire import SERVED, Asked, Call, read_call

MOST_BYTES = 4 * 1024 * 1024
MOST_BATCH_BYTES = 16 * 1024 * 1024
OPERATIONS = ("analyze", "suggestscore")
log = structlog.get_logger(__name__)


class Perspective:
    """Answers one call, however it arrived: alone or in a batch."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._wiring = door.wiring
        self._served = {**SERVED, **dict(self._wiring.settings.perspective_attributes)}

    def answer(self, operation: str, key: str, body: bytes) -> dict[str, Any]:
        """Raises GoogleError. The key comes first: one client learns whether its key works from an empty call."""
        holder = self._holder(key)
        call = read_call(body, self._served, suggested=operation == "suggestscore")
        found = self._languages(call)
        answered = self._analyze(holder, call, found) if operation == "analyze" else self._suggest(holder, call, found)
        if call.token is not None:
            answered["clientToken"] = call.token
        self._door.usage.count(holder.id)
        return answered

    def _holder(self, key: str) -> Key:
        if not key:
            raise errors.no_key()
        try:
            holder = self._door.admit(key)
        except TooManyRequests as error:
            raise errors.too_many(_seconds(error)) from None
        if holder is None:
            raise errors.bad_key()
        return holder

    def _languages(self, call: Call) -> tuple[list[str], list[str]]:
        """(those to go by, those detected); raises for one in which an attribute has no model."""
        trained = trained_languages(self._wiring.scorer)
        anything = self._wiring.settings.perspective_any_language
        if call.languages:
            unknown = [code for code in call.languages if code.partition("-")[0].lower() not in trained]
            if unknown and not anything:
                raise errors.unsupported_language(call.attributes[0].name, unknown, asked=True)
            return list(call.languages), list(call.languages)
        language, detected = language_of(call.text, trained)
        if language is None:
            if not anything:
                raise errors.analyzer("LANGUAGE_DETECTION_FAILED", "Unable to detect language")
            return [trained[0]], []
        if language not in trained and not anything:
            raise errors.unsupported_language(call.attributes[0].name, [language], asked=False)
        return [language], detected

    def _analyze(self, holder: Key, call: Call, languages: tuple[list[str], list[str]]) -> dict[str, Any]:
        scored = score_text(
            self._wiring.looks, call.text, site_id=holder.site_id, by_sentence=call.by_sentence
        )
        if isinstance(scored, Missing):
            raise errors.away("The classifier is not available.")
        offsets = _utf16(call.text, scored.spans)
        scores = {
            asked.name: _attribute(asked, scored, offsets)
            for asked in call.attributes
            if asked.threshold is None or scored.scores[asked.score] >= asked.threshold
        }
        answered: dict[str, Any] = {"attributeScores": scores} if scores else {}
        return answered | {"languages": languages[0], "detectedLanguages": languages[1]}

    def _suggest(self, holder: Key, call: Call, languages: tuple[list[str], list[str]]) -> dict[str, Any]:
        if not call.do_not_store:
            values = {asked.score: asked.value for asked in call.attributes}
            wrong = max(values.values()) >= 0.5
            verdict = "spam" if wrong and set(values) == {"spam"} else "rejected" if wrong else "approved"
            source = "coral.suggestscore" if call.community.startswith("Coral:") else "perspective.suggestscore"
            try:
                take_feedback(self._wiring, holder, Feedback(source, call.text, verdict, values))  # type: ignore[arg-type]
            except TooMuchFeedback:
                raise errors.too_many(3600) from None
        return {"requestedLanguages": languages[0], "detectedLanguages": languages[1]}


def perspective_blueprint(door: Door) -> Blueprint:
    compat = Blueprint("perspective", __name__)
    perspective = Perspective(door)

    @compat.post("/v1alpha1/comments:<operation>")
    def call(operation: str) -> Response:
        allow_bytes(MOST_BYTES)
        if operation not in OPERATIONS:
            raise errors.not_found()
        return jsonify(perspective.answer(operation, _key(), request.get_data(cache=False)))

    @compat.get("/$discovery/rest")
    @compat.get("/discovery/v1/apis/commentanalyzer/v1alpha1/rest")
    def discovery() -> Response:
        if request.args.get("version", "v1alpha1") != "v1alpha1":
            raise errors.not_found()
        return jsonify(discovery_document(request.url_root))

    @compat.post("/batch")
    @compat.post("/batch/commentanalyzer/v1alpha1")
    def batch() -> Response:
        allow_bytes(MOST_BATCH_BYTES)
        kind, body = request.headers.get("Content-Type", ""), request.get_data(cache=False)
        content_type, answered = batches.answer_all(kind, body, perspective.answer, _key())
        return Response(answered, content_type=content_type)

    _tell_failures(compat)
    return compat


def _key() -> str:
    return request.args.get("key") or request.headers.get("X-Goog-Api-Key") or bearer()


def _attribute(asked: Asked, scored: ScoredText, offsets: list[tuple[int, int]]) -> dict[str, Any]:
    spans = [
        {"begin": begin, "end": end, "score": _score(span.scores[asked.score])}
        for span, (begin, end) in zip(scored.spans, offsets, strict=True)
    ]
    return {"spanScores": spans, "summaryScore": _score(scored.scores[asked.score])}


def _score(value: float) -> dict[str, Any]:
    return {"value": round(value, 8), "type": "PROBABILITY"}


def _utf16(text: str, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Offsets as Java and JavaScript count: two for each character beyond the Basic Multilingual Plane."""
    at = units = 0

    def to(place: int) -> int:
        nonlocal at, units
        units += len(text[at:place].encode("utf-16-le", "surrogatepass")) // 2
        at = place
        return units

    return [(to(span.begin), to(span.end)) for span in spans]


def _tell_failures(compat: Blueprint) -> None:
    @compat.errorhandler(GoogleError)
    def google(error: GoogleError) -> Response:
        response = jsonify(error.document())
        response.status_code = error.code
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @compat.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        return google(errors.too_large())

    @compat.errorhandler(TooManyRequests)
    def too_many(error: TooManyRequests) -> Response:
        return google(errors.too_many(_seconds(error)))

    @compat.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        told = errors.unreadable(error.name)
        told.code = error.code or 400
        return google(told)

    @compat.errorhandler(Unavailable)
    def unavailable(_error: Unavailable) -> Response:
        return google(errors.away("The database is away. Please try again shortly."))

    @compat.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("request.failed", error=type(error).__name__)
        return google(errors.broken())


def _seconds(error: TooManyRequests) -> int:
    return error.retry_after if isinstance(error.retry_after, int) else 1
