"""Serve the widget: one script, put together from its readable parts when it is first asked for.

There is no build step: the parts in static/public/embed/ share one scope, in the order below, and the style
sheet that the plain page links to travels with them as a string, so a publisher's page needs one request.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request

from moderation.wiring import Wiring

STATIC = Path(__file__).parent.parent / "static" / "public"
PARTS = ("strings", "dom", "api", "draft", "thread", "fields", "form", "main")


@cache
def script() -> bytes:
    parts = [(STATIC / "embed" / f"{name}.js").read_text("utf-8") for name in PARTS]
    css = json.dumps((STATIC / "embed.css").read_text("utf-8"))
    return "\n".join(["(() => {", '"use strict";', f"const CSS = {css};", *parts, "})();\n"]).encode()


@cache
def fingerprint() -> str:
    return hashlib.sha256(script()).hexdigest()[:16]


def embed_blueprint(wiring: Wiring) -> Blueprint:
    embed = Blueprint("embed", __name__)

    @embed.get("/embed.js")
    def embed_script() -> Response:
        answer = Response(script(), mimetype="text/javascript")
        answer.set_etag(fingerprint())
        # Short, because a publisher's page names no version: a fix must reach every page within minutes.
        answer.headers["Cache-Control"] = "public, max-age=300, stale-while-revalidate=86400"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.make_conditional(request)
        return answer

    return embed
