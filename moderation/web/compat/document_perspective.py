"""The part on Google's Perspective API. The messages are those of the discovery document."""

from typing import Any

from moderation.web.compat.document_words import JSON, RETRY_AFTER, STRING, Node, answer, body, fields, ref
from moderation.web.compat.perspective_discovery import schemas

_DETAIL: Node = {"type": "object", "required": ["@type"], "properties": {"@type": STRING}}
_ERROR = fields(
    {
        "code": {"type": "integer"}, "message": STRING, "status": STRING,
        "details": {"type": "array", "minItems": 1, "items": _DETAIL},
    },
    "code", "message", "status", "details",
)  # fmt: skip


def _plain(node: Any) -> Any:
    """A discovery schema as JSON Schema: names become references, and its own words go."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        return ref(node["$ref"])
    return {name: _plain(value) for name, value in node.items() if name not in ("id", "enumDescriptions")}


SCHEMAS: Node = {**_plain(schemas()), "GoogleError": fields({"error": _ERROR}, "error")}
SCHEMAS["AnalyzeCommentResponse"]["required"] = ["languages", "detectedLanguages"]
SCHEMAS["SuggestCommentScoreResponse"]["required"] = ["requestedLanguages", "detectedLanguages"]

_ERRORS: Node = {
    "400": answer("What is wrong with the request, or the key does not work.", ref("GoogleError")),
    "403": answer("No key.", ref("GoogleError")),
    "413": answer("Larger than 4 MiB.", ref("GoogleError")),
    "429": answer("More than this key may ask.", ref("GoogleError"), headers=RETRY_AFTER),
    "503": answer("The classifier or the database is away.", ref("GoogleError"), headers=RETRY_AFTER),
}


def _method(summary: str, message: str) -> Node:
    return {
        "post": {
            "summary": summary,
            "tags": ["Perspective"],
            "security": [{"key": []}],
            "requestBody": body(ref(f"{message}Request")),
            "responses": {"200": answer("Done.", ref(f"{message}Response")), **_ERRORS},
        }
    }


def _discovery() -> Node:
    version: Node = {"name": "version", "in": "query", "schema": STRING}
    responses = {"200": answer("Google's discovery format.", {"type": "object"}),
                 "404": answer("Another version.", ref("GoogleError"))}  # fmt: skip
    return {"get": {"summary": "From which Google's clients build themselves", "tags": ["Perspective"],
                    "parameters": [version], "responses": responses}}  # fmt: skip


_MIXED = "multipart/mixed"
_BATCH: Node = {
    "post": {
        "summary": "Many calls in one: a multipart/mixed body of whole HTTP requests",
        "tags": ["Perspective"],
        "security": [{"key": []}],
        "requestBody": {"required": True, "content": {JSON: {"schema": {}}, "text/plain": {"schema": STRING}}},
        "responses": {"200": answer("As many answers, in the order of the calls.", STRING, _MIXED), **_ERRORS},
    }
}

PATHS: Node = {
    "/v1alpha1/comments:analyze": _method("Scores of a comment", "AnalyzeComment"),
    "/v1alpha1/comments:suggestscore": _method("A moderator's verdict on a comment", "SuggestCommentScore"),
    "/$discovery/rest": _discovery(),
    "/discovery/v1/apis/commentanalyzer/v1alpha1/rest": _discovery(),
    "/batch": _BATCH,
    "/batch/commentanalyzer/v1alpha1": _BATCH,
}
