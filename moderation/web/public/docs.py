"""What the OpenAPI document says beyond the code: which body, parameters and answers an address has."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from moderation.web.public import schemas

Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]

_PROBLEM_KIND = "application/problem+json"


def _problem(description: str, **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": description,
        "content": {_PROBLEM_KIND: {"schema": schemas.ProblemDocument.model_json_schema()}},
    }
    if headers:
        answer["headers"] = {
            name.replace("_", "-"): {"description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        }
    return answer


def _json(model: type[BaseModel], description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": _inlined(model)}},
    }


def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema with its parts in place, since an operation's extension cannot add components."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(parts[node["$ref"].rpartition("/")[2]])
            return {key: resolve(value) for key, value in node.items()}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    return dict(resolve(schema))


def _query(name: str, description: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "required": required, "schema": schema}


_SITE = _query("site", "The site's key.", {"type": "string", "maxLength": 64}, required=True)
_URL = _query("url", "The page's address, http or https.", {"type": "string", "maxLength": 2000}, required=True)
_FORBIDDEN: Responses = {"403": _problem("Unknown site, or an origin that is not in its list.")}
_FIELDS: Responses = {"422": _problem("Fields that need another look; `errors` has a sentence for each.")}
_AWAY: Responses = {"503": _problem("The database is away; nothing was stored.", Retry_After="Seconds to wait.")}

_BODY = _inlined(schemas.PostedComment)
POST_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _BODY},
            "application/x-www-form-urlencoded": {"schema": _BODY},
        },
    },
    "parameters": [
        {
            "name": "Idempotency-Key", "in": "header", "required": False,
            "description": "Makes a retry safe: the same key and fields get the first answer again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        }
    ],
}  # fmt: skip
POST_RESPONSES: Responses = {
    "200": _json(schemas.Taken, "Taken, but not shown: `state` and `message` say why."),
    "201": _json(schemas.Taken, "Published."),
    "202": _json(schemas.Taken, "Waits for a moderator; `status_url` is for its author alone."),
    "400": _problem("Not valid JSON, or not an object."),
    "403": _problem("Unknown site or origin, an author who may not comment, or a closed thread."),
    "409": _problem("The same author sent the same text to the same page before."),
    "413": _problem("Larger than 64 KiB."),
    "415": _problem("Neither JSON nor a form."),
    "429": _problem("Too many at once.", Retry_After="Seconds to wait."),
    **_FIELDS,
    **_AWAY,
}
_PAGE = _query("page", "Counted from 1.", {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1})
THREAD_REQUEST: dict[str, Any] = {"parameters": [_SITE, _URL, _PAGE]}
THREAD_RESPONSES: Responses = {
    "200": _json(schemas.ThreadDocument, "A page of approved comments, with an ETag."),
    "304": {"description": "Nothing changed since the ETag in If-None-Match."},
    **_FORBIDDEN, **_FIELDS, **_AWAY,
}  # fmt: skip
_LANG = _query("lang", "The reader's language, such as `de`.", {"type": "string", "maxLength": 35})
FORM_REQUEST: dict[str, Any] = {"parameters": [_SITE, _URL, _LANG]}
FORM_RESPONSES: Responses = {
    "200": _json(schemas.FormDocument, "What the form needs."), **_FORBIDDEN, **_FIELDS, **_AWAY,
}  # fmt: skip
STATUS_RESPONSES: Responses = {
    "200": _json(schemas.Status, "Where the comment stands."),
    "404": _problem("No comment under this link."),
    **_AWAY,
}
