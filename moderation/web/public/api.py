"""The public API: post a comment, read a thread, ask what a form needs, follow one's own comment."""

import json

from flask import Response, current_app, g, jsonify, make_response, request
from flask_babel import gettext as _
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from moderation.domain.site import is_key
from moderation.outbound import metrics
from moderation.services.read_thread import ThreadPage, ThreadPages
from moderation.storage import sites as stored_sites
from moderation.web import limits
from moderation.web.limits import Throttle
from moderation.web.problems import Problem
from moderation.web.public import cors, docs, fields
from moderation.web.public.body import read_body
from moderation.web.public.form_token import HONEYPOT, FormTokens
from moderation.web.public.intake import site_for, take_comment
from moderation.web.public.schemas import StatusPath
from moderation.web.public.status import status_document
from moderation.web.public.times import iso
from moderation.web.public.wording import widget_strings
from moderation.wiring import Wiring

_JSON = json.JSONEncoder(separators=(",", ":")).encode
MOST_PAGES = 1_000_000
PUBLIC = Tag(name="public", description="What an article's page uses. No key, no cookie.")


def api_blueprint(wiring: Wiring, throttle: Throttle) -> APIBlueprint:
    api = APIBlueprint("api", __name__, url_prefix="/api/v1", abp_tags=[PUBLIC])
    pages = ThreadPages(wiring.database)
    tokens = FormTokens(wiring.settings.secret_key)

    @api.post("/comments", responses=docs.POST_RESPONSES, openapi_extensions=docs.POST_REQUEST)
    def post_comment() -> Response:
        """Post a comment

        JSON or form. 201: published; 202: waits for a moderator; 200: taken, but not shown. With an
        Idempotency-Key, a repeated request gets the first one's answer.
        """
        throttle.take(wiring.settings.rate_limit_comments, scope="comments", key=limits.client_key(wiring))
        given = read_body(request)
        g.posted_site = given.get("site")
        answer = take_comment(
            wiring, given, origin=request.headers.get("Origin"), own_origin=own_origin(),
            network_address=limits.client_address(), idempotency_key=request.headers.get("Idempotency-Key"),
        )  # fmt: skip
        return Response(
            _JSON(answer.body), answer.status, {"Cache-Control": "no-store"}, content_type="application/json"
        )

    @api.get("/threads", responses=docs.THREAD_RESPONSES, openapi_extensions=docs.THREAD_REQUEST)
    def get_thread() -> Response:
        """Read a thread

        Approved comments, oldest first, in pages; the ETag changes exactly when the page does.
        """
        site = site_for(wiring, request.args, origin=request.headers.get("Origin"), own_origin=own_origin())
        url, page = _thread_url(), _page()
        tag, thread = pages.tag(site, url, page)
        if request.headers.get("If-None-Match") == f'"{tag}"':
            response = Response(status=304)
        else:
            body = pages.body(tag, thread, page, lambda content: _thread_document(content, url))
            response = Response(body, mimetype="application/json")
        response.headers["ETag"] = f'"{tag}"'
        response.headers["Cache-Control"] = "no-cache"
        return response

    @api.get("/form", responses=docs.FORM_RESPONSES, openapi_extensions=docs.FORM_REQUEST)
    def get_form() -> Response:
        """Ask what a form needs

        A signed token that says when the form was loaded, the limits, and the form's texts.
        """
        site = site_for(wiring, request.args, origin=request.headers.get("Origin"), own_origin=own_origin())
        _tag, thread = pages.tag(site, _thread_url(), 1)
        policy = site.policy
        document = {
            "token": tokens.make(site.key),
            "honeypot": HONEYPOT,
            "min_seconds": policy.min_form_seconds,
            "limits": {
                "comment": policy.comment_max_length, "name": policy.name_max_length,
                "email": fields.MOST_EMAIL, "website": fields.MOST_URL,
            },
            "open": thread is None or bool(thread.open),
            "strings": widget_strings(),
        }  # fmt: skip
        response = jsonify(document)
        response.headers["Cache-Control"] = "no-store"
        return response

    @api.get("/status/<token>", responses=docs.STATUS_RESPONSES)
    def get_status(path: StatusPath) -> Response:
        """Follow one's own comment

        By the private link that its author was given.
        """
        document = status_document(wiring, path.token)
        if document is None:
            raise Problem(404, _("There is no comment under this link."))
        response = jsonify(document)
        response.headers["Cache-Control"] = "no-store"
        return response

    @api.before_request
    def answer_preflight() -> Response | None:
        if request.method != "OPTIONS":
            return None
        origin = request.headers.get("Origin")
        return cors.preflight(make_response("", 204), origin, _known_origin(wiring, origin), "GET, POST, OPTIONS")

    @api.after_request
    def let_the_site_read(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if request.method == "OPTIONS":
            return response
        return cors.allow(response, origin, allowed=bool(origin) and _may_read(wiring, str(origin)))

    @api.after_request
    def count(response: Response) -> Response:
        if request.method == "POST":
            metrics.taken(response.status_code)
        return response

    return api


def own_origin() -> str:
    return f"{request.scheme}://{request.host}"


def _may_read(wiring: Wiring, origin: str) -> bool:
    """Whether a page of this origin may read the answer: its own site's; any site's where none was read."""
    key = request.args.get("site") or g.get("posted_site")
    site = wiring.sites.by_key(str(key)) if is_key(key) else None
    return origin in site.origins if site is not None else _known_origin(wiring, origin)


def _known_origin(wiring: Wiring, origin: str | None) -> bool:
    if not origin:
        return False
    with wiring.database.read() as conn:
        return any(origin in json.loads(row.origins) for row in stored_sites.all_sites(conn))


def _thread_url() -> str:
    url = fields.web_address(request.args.get("url", ""))
    if url is None:
        raise Problem(
            422, _("Some fields need another look."),
            errors={"url": _("This must be the address of the page, with http:// or https://.")},
        )  # fmt: skip
    return url


def _page() -> int:
    given = request.args.get("page", "1")
    if given.isascii() and given.isdigit() and len(given) <= 7 and 1 <= int(given) <= MOST_PAGES:
        return int(given)
    raise Problem(
        422, _("Some fields need another look."),
        errors={"page": _("This must be a whole number from 1 to %(most)d.", most=MOST_PAGES)},
    )  # fmt: skip


def _thread_document(content: ThreadPage, url: str) -> bytes:
    thread = content.thread
    document = {
        "thread": {
            "url": url,
            "title": thread.title if thread else "",
            "count": thread.approved if thread else 0,
            "open": bool(thread.open) if thread else True,
        },
        "comments": [
            {
                "id": row.id, "parent": row.parent_id, "name": row.name, "website": row.website or None,
                "text": row.text, "created_at": iso(row.created_at),
            }
            for row in content.rows
        ],
        "page": content.page,
        "pages": content.pages,
    }  # fmt: skip
    return current_app.json.dumps(document).encode()
