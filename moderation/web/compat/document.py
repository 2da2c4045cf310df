"""The OpenAPI 3.1 document of the protocols that we speak, at /compat/openapi.json. It names the host that was asked.

/openapi.json is our own interface; this one says how others' are answered, errors included.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from moderation.web.compat import document_akismet, document_others, document_perspective
from moderation.web.compat.document_words import KEY_IN_QUERY

DESCRIPTION = """\
Google's Perspective API, Akismet, OpenAI's moderations, Coral's external moderation phase and WordPress's comment form,
as this service speaks them. Keys are made at the desk, under "Connect a site"."""


def document(root_url: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Moderato, in other programs' words", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": root_url.rstrip("/")}],
        "paths": {**document_perspective.PATHS, **document_akismet.PATHS, **document_others.PATHS},
        "components": {
            "schemas": {**document_perspective.SCHEMAS, **document_others.SCHEMAS},
            "securitySchemes": {
                "key": KEY_IN_QUERY,
                "bearer": {"type": "http", "scheme": "bearer", "description": "The key, as OpenAI's clients send it."},
            },
        },
    }


def document_blueprint() -> Blueprint:
    compat = Blueprint("compat_document", __name__)

    @compat.get("/compat/openapi.json")
    def openapi() -> Response:
        return jsonify(document(request.url_root))

    return compat
