"""The document from which Google's clients build themselves. It names the host that was asked."""

from typing import Any


def document(root_url: str) -> dict[str, Any]:
    """Google API discovery document v1; `root_url` ends in a slash."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "revision": "20261125",
        "title": "Comment analyzer, as spoken by Moderato",
        "description": "Scores comments for moderators. Compatible with the Perspective Comment Analyzer API.",
        "protocol": "rest",
        "rootUrl": root_url,
        "servicePath": "",
        "baseUrl": root_url,
        "basePath": "",
        "batchPath": "batch",
        "parameters": {name: {"type": "string", "location": "query"} for name in _PARAMETERS},
        "schemas": schemas(),
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "AnalyzeComment"),
                    "suggestscore": _method("suggestscore", "SuggestCommentScore"),
                }
            }
        },
    }


_PARAMETERS = ("key", "alt", "fields", "prettyPrint", "quotaUser", "$.xgafv", "access_token", "callback",
               "oauth_token", "uploadType", "upload_protocol")  # fmt: skip
_STRING, _NUMBER, _INTEGER, _BOOLEAN = (
    {"type": "string"}, {"type": "number", "format": "float"}, {"type": "integer", "format": "int32"},
    {"type": "boolean"},
)  # fmt: skip


def _method(name: str, message: str) -> dict[str, Any]:
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": f"v1alpha1/comments:{name}",
        "flatPath": f"v1alpha1/comments:{name}",
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{message}Request"},
        "response": {"$ref": f"{message}Response"},
        # No scope: a key is all there is.
    }


def schemas() -> dict[str, Any]:
    scores = _map("AttributeScores")
    shared = {"comment": _ref("TextEntry"), "context": _ref("Context"), "languages": _list(_STRING),
              "clientToken": _STRING, "sessionId": _STRING, "communityId": _STRING}  # fmt: skip
    asked = {"requestedAttributes": _map("AttributeParameters"), "doNotStore": _BOOLEAN, "spanAnnotations": _BOOLEAN}
    return dict(
        _schema(name, properties)
        for name, properties in {
            "TextEntry": {"text": _STRING, "type": _enum("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")},
            "Context": {
                "entries": _list(_ref("TextEntry")),
                "articleAndParentComment": _ref("ArticleAndParentComment"),
            },
            "ArticleAndParentComment": {"article": _ref("TextEntry"), "parentComment": _ref("TextEntry")},
            "AttributeParameters": {"scoreType": _SCORE_TYPE, "scoreThreshold": _NUMBER},
            "Score": {"value": _NUMBER, "type": _SCORE_TYPE},
            "SpanScore": {"begin": _INTEGER, "end": _INTEGER, "score": _ref("Score")},
            "AttributeScores": {"summaryScore": _ref("Score"), "spanScores": _list(_ref("SpanScore"))},
            "AnalyzeCommentRequest": {**shared, **asked},
            "AnalyzeCommentResponse": {
                "attributeScores": scores, "languages": _list(_STRING), "detectedLanguages": _list(_STRING),
                "clientToken": _STRING,
            },
            "SuggestCommentScoreRequest": {**shared, "attributeScores": scores},
            "SuggestCommentScoreResponse": {
                "clientToken": _STRING, "requestedLanguages": _list(_STRING), "detectedLanguages": _list(_STRING),
            },
        }.items()
    )  # fmt: skip


def _schema(name: str, properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return name, {"id": name, "type": "object", "properties": properties}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": name}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _map(name: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _ref(name)}


def _enum(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values), "enumDescriptions": [""] * len(values)}


_SCORE_TYPE = _enum("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW")
