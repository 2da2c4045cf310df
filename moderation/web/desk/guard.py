"""Who is asking: the session cookie, and what an outsider is told."""

from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, g, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from moderation.domain.roles import Right, Role
from moderation.services import sign_in
from moderation.services.sign_in import Moderator
from moderation.storage import roles, sites
from moderation.storage.ids import is_id
from moderation.storage.roles import Scope
from moderation.wiring import Wiring

COOKIE = "desk_session"
MOST_NAMED = 1000
# A parameter that names something of a site is one of these, or `<kind>_id` in a path; else it is not checked.
NAMED_BY = {
    "comment": ("comment", "following", "ahead", "flood"),
    "decision": ("decision",),
    "author": ("author",),
    "thread": ("thread",),
}


def wiring() -> Wiring:
    return cast(Wiring, current_app.extensions["moderato"])


def moderator() -> Moderator:
    return cast(Moderator, g.moderator)


def scope() -> Scope:
    """Which sites are open to them; read once a request."""
    if "scope" not in g:
        with wiring().database.glance() as conn:
            g.scope = roles.scope(conn, moderator().id)
    return cast(Scope, g.scope)


def wants_json() -> bool:
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"], "text/html") == "application/json"


def _listens() -> bool:
    """A page that was left open and listens for changes. Sent on to the form of the door it would fetch one in secret,
    whose token takes the place of that in the form a person sees: their password would be refused as an old form."""
    return request.accept_mimetypes.best == "text/event-stream"


def require_moderator() -> AnyResponse | None:
    """Before every page of the desk: an outsider learns only where to sign in."""
    token = request.cookies.get(COOKIE, "")
    g.moderator = sign_in.who(wiring(), token) if token else None
    if g.moderator is not None:
        return None
    if wants_json() or _listens():
        response = jsonify(error=_("You are signed out. Sign in again; nothing here is lost."))
        response.status_code = 401
        return response
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("desk_door.sign_in_page", next=wanted), 303)


def refuse_viewers() -> AnyResponse | None:
    """Before every change: a viewer looks and does not decide."""
    return _require(Right.DECIDE, _("You may look, but not decide. An administrator can change that."))


def require_lead() -> AnyResponse | None:
    return _require(Right.LEAD, _("This page is for leads and administrators. An administrator can change that."))


def require_admin() -> AnyResponse | None:
    return _require(Right.ADMINISTER, _("This page is for administrators."))


def require_admin_of_all() -> AnyResponse | None:
    """For what is no site's own."""
    if moderator().role == Role.ADMIN:
        return None
    return refusal(_("This is for administrators of all sites."))


def _require(right: Right, sentence: str) -> AnyResponse | None:
    """403 without the right anywhere, or at the site of what the address or the form names.

    What belongs to a site that this person may not even look at is not there: 404, as for an id that
    never was.
    """
    if not moderator().may(right):
        return refusal(sentence)
    for site_id in _sites_named():
        if not moderator().may(Right.LOOK, site_id):
            raise NotFound
        if not moderator().may(right, site_id):
            return refusal(sentence)
    return None


def require_own_sites() -> AnyResponse | None:
    """Before every page: what belongs to another's site is not there."""
    return _require(Right.LOOK, _("You have no role at any site yet. An administrator can give you one."))


def _sites_named() -> set[str]:
    """The sites of everything that this request names, in its path, its query or its form."""
    named = [(kind, value) for kind, values in _named().items() for value in values if is_id(value)]
    keys = {*request.values.getlist("site"), *filter(None, [(request.view_args or {}).get("site_key")])}
    with wiring().database.read() as conn:
        found = {roles.site_of(conn, kind, value) for kind, value in named[:MOST_NAMED]}
        found |= {row.id for key in keys if (row := sites.by_key(conn, key)) is not None}
    if len(named) > MOST_NAMED:
        raise RequestEntityTooLarge
    return {site_id for site_id in found if site_id is not None}


def _named() -> dict[str, list[str]]:
    in_path = request.view_args or {}
    found: dict[str, list[str]] = {}
    for kind, names in NAMED_BY.items():
        asked = [value for name in names for value in request.values.getlist(name)]
        found[kind] = [*asked, *filter(None, [in_path.get(f"{kind}_id")])]
    return found


def refusal(sentence: str) -> AnyResponse:
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
