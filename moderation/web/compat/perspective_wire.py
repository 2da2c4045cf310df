"""Requests of Perspective's commentanalyzer v1alpha1, read strictly: what is wrong answers Google's own error."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from moderation.web.compat.door import NotJson, read_json
from moderation.web.compat.perspective_errors import analyzer, unreadable

MOST_TEXT_BYTES = 20_480
MOST_CONTEXT_BYTES = 1_000_000
MOST_ATTRIBUTES = 100
MOST_LANGUAGES = 20
LONGEST_KEPT = 100  # of names that are remembered: they are anybody's to invent
# Which score answers for which attribute. PROFANITY is what our training data call obscene.
SERVED = {
    "TOXICITY": "toxicity",
    "TOXICITY_FAST": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_attack",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "OBSCENE": "obscene",
    "THREAT": "threat",
    "SPAM": "spam",
    "LIKELY_TO_REJECT": "p_reject",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One requested attribute: the name to answer under, our score for it, and below which value to leave it out."""

    name: str
    score: str
    threshold: float | None
    value: float = 0.0  # what suggestscore says it should be


@dataclass(frozen=True, slots=True)
class Call:
    text: str
    attributes: tuple[Asked, ...]
    languages: tuple[str, ...]
    token: str | None
    community: str
    by_sentence: bool
    do_not_store: bool


def read_call(body: bytes, attributes: Mapping[str, str], *, suggested: bool) -> Call:
    """`attributes` maps names to our scores; raises GoogleError."""
    document = _document(body)
    text = _text(document)
    _check_context(document)
    field = "attributeScores" if suggested else "requestedAttributes"
    return Call(
        text=text,
        attributes=_attributes(document, field, attributes, suggested=suggested),
        languages=_languages(document),
        token=_string(document, "clientToken"),
        community=_string(document, "communityId") or _string(document, "sessionId") or "",
        by_sentence=_flag(document, "spanAnnotations"),
        do_not_store=_flag(document, "doNotStore"),
    )


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = read_json(body) if body.strip() else {}
    except NotJson as error:
        raise unreadable(str(error)) from None
    if not isinstance(document, dict):
        raise unreadable("Root element must be a message.")
    return document


def _text(document: Mapping[str, Any]) -> str:
    comment = _message(document, "comment")
    text = _string(comment, "text", "comment.text") or ""
    if not text:
        raise analyzer("COMMENT_EMPTY", "Comment must be non-empty.")
    kind = _get(comment, "type")
    if kind not in (None, "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"):
        raise analyzer(
            "INVALID_REQUEST",
            "Currently, only 'PLAIN_TEXT' comments are supported" if kind == "HTML" else "Unknown text type",
        )
    if _bytes(text) > MOST_TEXT_BYTES:
        raise analyzer("COMMENT_TOO_LONG", "Comment text too long.")
    return text


def _check_context(document: Mapping[str, Any]) -> None:
    """Read, since a wrong one is an error, and left alone: the scores are of the comment."""
    context = _message(document, "context")
    entries, article = _get(context, "entries"), _get(context, "articleAndParentComment")
    if entries and article:
        raise analyzer(
            "INVALID_REQUEST",
            "Context can have either entries or article_and_parent_comment, but both fields were populated.",
        )
    if entries is not None and not isinstance(entries, list):
        raise unreadable("Expected a list.", "context.entries")
    related = [*(entries or []), *(_message(context, "articleAndParentComment").values())]
    for entry in related:
        if not isinstance(entry, dict):
            raise unreadable("Expected an object.", "context")
        if _bytes(_string(entry, "text", "context.text") or "") > MOST_CONTEXT_BYTES:
            raise analyzer("INVALID_REQUEST", "Context entry too long.")


def _attributes(
    document: Mapping[str, Any], field: str, served: Mapping[str, str], *, suggested: bool
) -> tuple[Asked, ...]:
    given = _message(document, field)
    if not given:
        snake = "attribute_scores" if suggested else "requested_attributes"
        raise analyzer("NO_REQUESTED_ATTRIBUTES", f"Missing {snake}")
    if len(given) > MOST_ATTRIBUTES:
        raise analyzer("INVALID_REQUEST", "Too many attributes.")
    return tuple(_asked(name, value, field, served, suggested) for name, value in given.items())


def _asked(name: str, value: Any, field: str, served: Mapping[str, str], suggested: bool) -> Asked:
    score = served.get(plain_name(name))
    if score is None:
        raise analyzer("INVALID_REQUEST", f"Unknown requested attribute: {name[:200]}")
    if value == {} and not suggested and len(name) <= LONGEST_KEPT:
        return _plainly(name, score)
    field = f"{field}.{name[:60]}"
    if not isinstance(value, dict):
        raise unreadable("Expected an object.", field)
    if suggested:
        return Asked(name, score, None, _suggested(value, field))
    kind = _get(value, "scoreType")
    if kind not in (None, "PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
        raise analyzer(
            "INVALID_REQUEST", f"Requested score type {str(kind)[:40]} is not supported by attribute {name}"
        )
    return Asked(name, score, _number(_get(value, "scoreThreshold"), f"{field}.scoreThreshold"))


@lru_cache(maxsize=1_000)
def _plainly(name: str, score: str) -> Asked:
    """Most programs ask for the same few names, and for nothing else with them."""
    return Asked(name, score, None)


def plain_name(name: str) -> str:
    """Without a version, and without the suffix of experiments."""
    return name.partition("@")[0].removesuffix("_EXPERIMENTAL")


def _suggested(value: Mapping[str, Any], field: str) -> float:
    """What the summary should be; without one, the highest of the spans."""
    summary = _number(_get(_message(value, "summaryScore", field), "value"), f"{field}.summaryScore.value")
    spans = _get(value, "spanScores") or []
    if not isinstance(spans, list) or any(not isinstance(span, dict) for span in spans):
        raise unreadable("Expected a list of objects.", f"{field}.spanScores")
    named = f"{field}.spanScores.score.value"
    scores = [_number(_get(_message(span, "score", field), "value"), named) for span in spans]
    known = [score for score in (summary, *scores) if score is not None]
    if not known:
        raise analyzer("INVALID_REQUEST", "Missing summary_score and span_scores.")
    found = summary if summary is not None else max(known)
    if not 0 <= found <= 1:
        raise unreadable("A score is between 0 and 1.", field)
    return found


def _languages(document: Mapping[str, Any]) -> tuple[str, ...]:
    given = _get(document, "languages") or []
    if not isinstance(given, list) or any(not isinstance(each, str) for each in given) or len(given) > MOST_LANGUAGES:
        raise unreadable("Expected a list of language codes.", "languages")
    return tuple(given)


def _get(document: Mapping[str, Any], name: str) -> Any:
    """A field by its JSON name or, as protobuf takes it too, by its own."""
    if name in document:
        return document[name]
    return document.get(_own_name(name))


@cache
def _own_name(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _message(document: Mapping[str, Any], name: str, inside: str = "") -> Mapping[str, Any]:
    value = _get(document, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unreadable("Expected an object.", f"{inside}.{name}" if inside else name)
    return value


def _string(document: Mapping[str, Any], name: str, field: str = "") -> str | None:
    value = _get(document, name)
    if value is not None and not isinstance(value, str):
        raise unreadable("Expected a string.", field or name)
    return value


def _flag(document: Mapping[str, Any], name: str) -> bool:
    value = _get(document, name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if value in ("true", "false"):
        return bool(value == "true")
    raise unreadable("Expected a boolean.", name)


def _number(value: Any, field: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) < 40:
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e300:
        raise unreadable("Expected a number.", field)
    return float(value)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
