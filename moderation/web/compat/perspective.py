"""Google's Perspective API (commentanalyzer v1alpha1), whose clients change their endpoint and no more."""

import json

from flask import Blueprint, Response, jsonify, request

from moderation.domain.finding import Missing
from moderation.services.api_keys import Key
from moderation.services.assess_text import score_text, trained_languages
from moderation.services.assess_text_language import language_of
from moderation.services.feedback import Feedback, TooMuchFeedback, take_feedback
from moderation.web.compat import perspective_batch as batches
from moderation.web.compat import perspective_errors as errors
from moderation.web.compat.door import Door, allow_bytes, bearer
from moderation.web.compat.perspective_answer import Languages, analysis
from moderation.web.compat.perspective_discovery import document as discovery_document
from moderation.web.compat.perspective_wire import SERVED, Call, read_call

MOST_BYTES = 4 * 1024 * 1024
MOST_BATCH_BYTES = 16 * 1024 * 1024
OPERATIONS = ("analyze", "suggestscore")
CALL = "/v1alpha1/comments:<operation>"


class Perspective:
    """Answers one call, however it arrived: alone or in a batch."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._wiring = door.wiring
        self._served = {**SERVED, **dict(self._wiring.settings.perspective_attributes)}

    def answer(self, operation: str, key: str, body: bytes) -> str:
        """JSON. Raises GoogleError. The key comes first: one client learns whether its key works from an empty call."""
        holder = self._holder(key)
        call = read_call(body, self._served, suggested=operation == "suggestscore")
        found = self._languages(call)
        answered = self._analyze(holder, call, found) if operation == "analyze" else self._suggest(holder, call, found)
        self._door.usage.count(holder.id)
        return answered

    def knows(self, key: str) -> bool:
        return self._door.keys.find(key) is not None

    def _holder(self, key: str) -> Key:
        if not key:
            raise errors.no_key()
        holder = self._door.admit(key)
        if holder is None:
            raise errors.bad_key()
        return holder

    def _languages(self, call: Call) -> Languages:
        """Raises for one in which an attribute has no model."""
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

    def _analyze(self, holder: Key, call: Call, languages: Languages) -> str:
        scored = score_text(
            self._wiring.looks, call.text, site_id=holder.site_id, by_sentence=call.by_sentence
        )
        if isinstance(scored, Missing):
            raise errors.away("The classifier is not available.")
        return analysis(call, scored, languages)

    def _suggest(self, holder: Key, call: Call, languages: Languages) -> str:
        if not call.do_not_store:
            values = {asked.score: asked.value for asked in call.attributes}
            wrong = max(values.values()) >= 0.5
            verdict = "spam" if wrong and set(values) == {"spam"} else "rejected" if wrong else "approved"
            source = "coral.suggestscore" if call.community.startswith("Coral:") else "perspective.suggestscore"
            try:
                take_feedback(self._wiring, holder, Feedback(source, call.text, verdict, values))  # type: ignore[arg-type]
            except TooMuchFeedback:
                raise errors.too_many(3600) from None
        answered = {"requestedLanguages": languages[0], "detectedLanguages": languages[1]}
        return json.dumps(answered if call.token is None else answered | {"clientToken": call.token})


def perspective_blueprint(perspective: Perspective) -> Blueprint:
    compat = Blueprint("perspective", __name__)

    @compat.post(CALL)
    def call(operation: str) -> Response:
        allow_bytes(MOST_BYTES)
        if operation not in OPERATIONS:
            raise errors.not_found()
        answered = perspective.answer(operation, _key(), request.get_data(cache=False))
        return Response(answered, mimetype="application/json")

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


def _tell_failures(compat: Blueprint) -> None:
    @compat.errorhandler(Exception)
    def failed(raised: Exception) -> Response:
        error = errors.of(raised)
        return Response(error.as_json(), error.code, error.headers(), mimetype="application/json")
