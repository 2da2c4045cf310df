"""The pages that work without a script: a thread with its form, and what became of one's comment."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from moderation.domain.section import LONGEST
from moderation.domain.site import Site
from moderation.outbound import metrics
from moderation.services.read_thread import ThreadPages
from moderation.storage import public_reads
from moderation.storage.database import Unavailable
from moderation.storage.ids import is_id
from moderation.storage.rows import Record
from moderation.web import limits
from moderation.web.limits import Throttle
from moderation.web.problems import Problem, from_http
from moderation.web.public import fields, template_words
from moderation.web.public.api import own_origin
from moderation.web.public.error_pages import error_page, private
from moderation.web.public.intake import Answer, site_for, take_comment
from moderation.web.public.plain_form import Place, PlainForm, new_form, refused_form
from moderation.web.public.status import status_document
from moderation.web.public.status_links import StatusLinks
from moderation.web.public.status_page import status_words
from moderation.web.public.thread_view import arrange
from moderation.wiring import Wiring


def pages_blueprint(wiring: Wiring, throttle: Throttle) -> Blueprint:
    pages = Blueprint("pages", __name__)
    template_words.add_to(pages)
    threads = ThreadPages(wiring.database)

    @pages.get("/comments")
    def comments() -> Response:
        place, thread = _place(wiring, threads, request.args)
        reply_to = _answered(wiring, thread, request.args.get("reply_to", ""))
        return _page(wiring, threads, place, thread, new_form(wiring, place, reply_to), status=200)

    @pages.post("/comments")
    def post_comment() -> AnyResponse:
        throttle.take(wiring.settings.rate_limit_comments, scope="comments", key=limits.client_key(wiring))
        try:
            answer = take_comment(
                wiring, request.form, origin=request.headers.get("Origin"), own_origin=own_origin(),
                network_address=limits.client_address(), idempotency_key=request.form.get("idempotency_key"),
            )  # fmt: skip
        except Problem as problem:
            metrics.taken(problem.status)
            return _refused(problem)
        metrics.taken(answer.status)
        return redirect(_where_it_went(answer), code=303)

    def _refused(problem: Problem) -> Response:
        """The page again, with the form as it was typed."""
        place, thread = _place(wiring, threads, _posted_place())
        reply_to = _answered(wiring, thread, request.form.get("parent", ""))
        form = refused_form(wiring, place, request.form, problem, reply_to)
        response = _page(wiring, threads, place, thread, form, status=problem.status)
        response.headers.update(problem.headers)
        return response

    def _where_it_went(answer: Answer) -> str:
        if answer.status != 201:
            token = StatusLinks(wiring.settings.secret_key, wiring.settings.public_url).token(answer.body["id"])
            return url_for("pages.status", token=token)
        place, thread = _place(wiring, threads, _posted_place())
        last = threads.read(thread, 1).pages
        return place.page(page=last if last > 1 else None, _anchor=f"comment-{answer.body['id']}")

    @pages.get("/status/<token>")
    def status(token: str) -> Response:
        document = status_document(wiring, token)
        if document is None:
            raise Problem(
                404, _("There is no comment under this link"),
                detail=_("It may have been erased, or the address may have been cut off on its way to you."),
            )  # fmt: skip
        page = render_template("public/status.html", **status_words(document, wiring.clock.now_us()))
        return private(Response(page))

    @pages.errorhandler(429)
    def too_many(error: HTTPException) -> Response:
        return _refused(from_http(error))

    @pages.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return error_page(from_http(error))

    pages.register_error_handler(Problem, error_page)

    @pages.errorhandler(Unavailable)
    def unavailable(_error: Unavailable) -> Response:
        return error_page(Problem(503, _("We cannot reach our own records at the moment"),
                                  detail=_("Nothing was lost. Please try again in a minute."),
                                  headers={"Retry-After": "5"}))  # fmt: skip

    return pages


def _posted_place() -> dict[str, str]:
    form = request.form
    return {
        "site": form.get("site", ""), "url": form.get("thread_url", ""), "title": form.get("thread_title", ""),
        "section": form.get("thread_section", ""),
    }  # fmt: skip


def _place(wiring: Wiring, threads: ThreadPages, given: Any) -> tuple[Place, Record | None]:
    site = site_for(wiring, given, origin=None, own_origin=own_origin())
    url = fields.web_address(given.get("url", "").strip())
    if url is None or not _belongs(url, site):
        raise Problem(
            422 if url is None else 403, _("We do not know which article this is"),
            detail=_("Please go back to the article and open its comments from there."),
        )  # fmt: skip
    _tag, thread = threads.tag(site, url, 1)
    title = thread.title if thread else " ".join(given.get("title", "").split())[: fields.MOST_TITLE]
    section = " ".join(given.get("section", "").split())[:LONGEST]
    return Place(site.key, url, title or url, section), thread


def _belongs(url: str, site: Site) -> bool:
    origin = fields.origin_of(url)
    return origin == own_origin() or origin in site.origins


def _answered(wiring: Wiring, thread: Record | None, id: str) -> Record | None:
    """The comment being answered, if it is one that everybody sees in this thread."""
    if thread is None or not is_id(id):
        return None
    with wiring.database.read() as conn:
        row = public_reads.standing_of(conn, id)
    return row if row is not None and row.state == "approved" and row.url == thread.url else None


def _page(
    wiring: Wiring, threads: ThreadPages, place: Place, thread: Record | None, form: PlainForm, *, status: int
) -> Response:
    asked = request.args.get("page", "1")
    content = threads.read(thread, int(asked) if asked.isdecimal() and 1 <= len(asked) <= 6 and int(asked) else 1)
    html = render_template(
        "public/comments.html", form=form, nodes=arrange(content.rows, wiring.clock.now_us()),
        count=thread.approved if thread else 0, open=thread is None or bool(thread.open),
        page=content.page, pages=content.pages, page_url=lambda page: place.page(page=page, _anchor="thread"),
        reply_url=lambda id: place.page(reply_to=id), article_url=place.url, thread_title=place.title,
    )  # fmt: skip
    return private(Response(html, status=status))
