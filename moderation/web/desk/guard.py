"""Who is asking: the session cookie, and what an outsider is told."""

from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, g, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from moderation.services import sign_in
from moderation.services.sign_in import Moderator
from moderation.wiring import Wiring

COOKIE = "desk_session"


def wiring() -> Wiring:
    return cast(Wiring, current_app.extensions["moderato"])


def moderator() -> Moderator:
    return cast(Moderator, g.moderator)


def wants_json() -> bool:
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"], "text/html") == "application/json"


def require_moderator() -> AnyResponse | None:
    """Before every page of the desk: an outsider learns only where to sign in."""
    token = request.cookies.get(COOKIE, "")
    g.moderator = sign_in.who(wiring(), token) if token else None
    if g.moderator is not None:
        return None
    if wants_json():
        response = jsonify(error=_("You are signed out. Sign in again; nothing here is lost."))
        response.status_code = 401
        return response
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("desk_door.sign_in_page", next=wanted), 303)


def refuse_viewers() -> AnyResponse | None:
    """Before every change: a viewer looks and does not decide."""
    if moderator().may_decide:
        return None
    sentence = _("You may look, but not decide. An administrator can change that.")
    if wants_json():
        response = jsonify(error=sentence)
        response.status_code = 403
        return response
    return Response(sentence, 403, content_type="text/plain; charset=utf-8")


def keep_session(response: AnyResponse, token: str) -> AnyResponse:
    response.set_cookie(
        COOKIE, token, path="/desk", httponly=True, samesite="Lax", max_age=sign_in.SESSION_US // 1_000_000,
        secure=wiring().settings.public_url.startswith("https://"),
    )  # fmt: skip
    return response


def drop_session(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(COOKIE, path="/desk")
    return response


def inside_desk(address: str | None) -> str:
    """Where to go after signing in: a page of the desk, whatever the link said."""
    start = url_for("desk.start")
    if not address or "\\" in address:
        return start
    parts = urlsplit(address)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/desk/")
    return address if inside else start
