"""WordPress's comment form: POST /wp-comments-post.php takes what a theme's form sends, once its `action` leads here.

The site is `?site=` in the action, or whose origin the page has. The page is `?url=` in the action, else the page that
the browser names, else WordPress's own lasting address of a post, /?p=ID.
"""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from moderation.checks.context import Form
from moderation.domain.comment import State
from moderation.domain.site import Site
from moderation.outbound import metrics
from moderation.services.submission import Refused, SubmitComment, Submitted
from moderation.services.submit import submit
from moderation.services.submit_rows import text_digest
from moderation.storage import authors, comments, sites, threads
from moderation.storage.database import Unavailable
from moderation.storage.ids import is_id
from moderation.web import limits
from moderation.web.compat.wordpress_words import Death, check, closed, no_reply
from moderation.web.limits import Throttle
from moderation.web.problems import Problem
from moderation.web.public import fields
from moderation.web.public.api import own_origin
from moderation.web.public.error_pages import private
from moderation.web.public.intake import site_for
from moderation.wiring import Wiring

FLOOD = "1/15 seconds"


class Posting:
    """One posted comment on its way in; each step raises Death with WordPress's own status and words."""

    def __init__(self, wiring: Wiring, throttle: Throttle) -> None:
        self._wiring = wiring
        self._throttle = throttle

    def take(self) -> AnyResponse:
        given = request.form
        self._throttle.take(
            self._wiring.settings.rate_limit_comments, scope="comments", key=limits.client_key(self._wiring)
        )
        site = self._site()
        url = _page(site)
        if url is None:
            return Response("", 200, content_type="text/html; charset=utf-8")
        parent = given.get("comment_parent", "0").strip()
        parent_id = None if parent in ("", "0") else parent
        self._place(site, url, parent_id)
        read = check(given, url, parent_id, site.policy)
        command = SubmitComment(
            site=site, thread_url=url, thread_title=read.thread_title, name=read.name,
            email=read.email, website=read.website, text=read.text, parent=parent_id,
            network_address=limits.client_address(),
            form=Form(trap_filled=bool(given.get("ak_hp_textarea", "").strip())),
        )  # fmt: skip
        self._not_too_fast(command)
        return redirect(self._where(command, self._submit(command)), 302)

    def _site(self) -> Site:
        key = request.args.get("site") or request.form.get("site") or self._key_by_origin()
        return site_for(
            self._wiring, {"site": key}, origin=request.headers.get("Origin"), own_origin=own_origin()
        )

    def _key_by_origin(self) -> str:
        origin = request.headers.get("Origin") or fields.origin_of(_referrer())
        with self._wiring.database.read() as conn:
            found = [row.key for row in sites.all_sites(conn) if origin in json.loads(row.origins)]
        return str(found[0]) if len(found) == 1 else ""

    def _place(self, site: Site, url: str, parent_id: str | None) -> None:
        with self._wiring.database.read() as conn:
            thread = threads.find(conn, site.id, url)
            parent = comments.place_of(conn, parent_id) if parent_id and is_id(parent_id) else None
        if parent_id and (parent is None or thread is None or parent.thread_id != thread.id
                          or parent.state != State.APPROVED):  # fmt: skip
            raise no_reply()
        if thread is not None and not thread.open:
            raise closed()

    def _not_too_fast(self, command: SubmitComment) -> None:
        """By network address and by email; a comment that was sent before is told that instead."""
        digest = self._wiring.vault.digest(command.site.id, command.email)
        try:
            for key in (limits.client_key(self._wiring), digest):
                self._throttle.take(FLOOD, scope="flood", key=key)
        except TooManyRequests as error:
            if self._sent_before(command, digest):
                raise _duplicate() from None
            raise _flood(error) from None

    def _sent_before(self, command: SubmitComment, email_digest: str) -> bool:
        with self._wiring.database.read() as conn:
            thread = threads.find(conn, command.site.id, command.thread_url)
            author = authors.find(conn, command.site.id, email_digest)
            same = comments.with_text_digest(conn, text_digest(command.text), since=0, limit=50)
        return any(
            thread is not None and author is not None and (row.thread_id, row.author_id) == (thread.id, author.id)
            for row in same
        )

    def _submit(self, command: SubmitComment) -> Submitted:
        try:
            return submit(self._wiring, command)
        except Refused as refused:
            match refused.fact:
                case "repeated":
                    raise _duplicate() from None
                case "thread_closed":
                    raise closed() from None
                case "author_banned":
                    raise Death(403, _("Sorry, you are not allowed to comment here.")) from None
            raise no_reply() from None

    def _where(self, command: SubmitComment, done: Submitted) -> str:
        """Back to the page. Whose comment waits and who wanted no cookie learns of it by the address."""
        wanted = request.form.get("redirect_to", "").strip()
        place = wanted if fields.web_address(wanted) and _is_of(wanted, command.site) else command.thread_url
        parts = urlsplit(place)
        query = parts.query
        if done.state is State.PENDING and not request.form.get("wp-comment-cookies-consent"):
            mark = {"unapproved": done.id, "moderation-hash": self._moderation_hash(done)}
            query = "&".join(filter(None, [query, urlencode(mark)]))
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, f"comment-{done.id}"))

    def _moderation_hash(self, done: Submitted) -> str:
        secret = hashlib.sha256(self._wiring.settings.secret_key.encode()).digest()
        return hashlib.blake2b(f"{done.id}\0{done.created_at}".encode(), key=secret, digest_size=16).hexdigest()


def wordpress_blueprint(wiring: Wiring, throttle: Throttle) -> Blueprint:
    compat = Blueprint("wordpress", __name__)
    posting = Posting(wiring, throttle)

    @compat.route("/wp-comments-post.php", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def post() -> AnyResponse:
        if request.method != "POST":
            return Response("", 405, {"Allow": "POST"}, content_type="text/plain")
        answer = posting.take()
        metrics.INTAKE.labels(str(answer.status_code)).inc()
        return answer

    @compat.errorhandler(Death)
    def die(death: Death) -> Response:
        return _told(death)

    @compat.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return _told(Death(error.status, error.title))

    @compat.errorhandler(TooManyRequests)
    def too_many(error: TooManyRequests) -> Response:
        return _told(_flood(error))

    @compat.errorhandler(Unavailable)
    def unavailable(_error: Unavailable) -> Response:
        # WordPress says 500; what is worth another try in a moment is 503.
        sentence = _("The comment could not be saved. Please try again later.")
        return _told(Death(503, sentence, is_error=True, headers={"Retry-After": "5"}))

    @compat.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return _told(Death(error.code or 400, error.name))

    return compat


def _told(death: Death) -> Response:
    metrics.INTAKE.labels(str(death.status)).inc()
    accepted = request.accept_mimetypes
    if accepted.best_match(["text/html", "application/json"], "text/html") == "application/json":
        response = jsonify(
            {"code": "wp_die", "message": death.html(), "data": {"status": death.status}, "additional_errors": []}
        )
    else:
        page: dict[str, Any] = {"sentence": death.sentence, "is_error": death.is_error, "back": _referrer()}
        response = private(Response(render_template("compat/comment_refused.html", **page)))
    response.status_code = death.status
    response.headers.update(death.headers)
    return response


def _referrer() -> str:
    """The page that the browser names; browsers name no more than its origin to another site, unless told to."""
    return fields.web_address(request.referrer or "") or ""


def _page(site: Site) -> str | None:
    """The address of the page that is commented on; None for a post that nobody knows."""
    named = request.args.get("url", "")
    referrer = _referrer()
    post_id = request.form.get("comment_post_ID", "").strip()
    if not named and urlsplit(referrer).path.strip("/") and _is_of(referrer, site):
        named = referrer
    if not named and post_id.isascii() and post_id.isdigit() and len(post_id) < 20:
        origin = request.headers.get("Origin") or fields.origin_of(referrer)
        named = f"{origin}/?p={int(post_id)}" if origin in site.origins else ""
    address = fields.web_address(named) if named else None
    return address if address is not None and _is_of(address, site) else None


def _is_of(url: str, site: Site) -> bool:
    origin = fields.origin_of(url)
    return origin == own_origin() or origin in site.origins


def _duplicate() -> Death:
    return Death(409, _("Duplicate comment detected; it looks as though you've already said that!"))


def _flood(error: TooManyRequests) -> Death:
    headers = {"Retry-After": str(error.retry_after or 15)}
    return Death(429, _("You are posting comments too quickly. Slow down."), headers=headers)
