"""The two small forms by which people outside ask for another look: report a comment, appeal a refusal.

No cookie is set and none is read, so there is no session that a forged request could ride on; both forms
are plain pages that work without a script.
"""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from moderation.domain.concern import MOST_TEXT, ReportReason
from moderation.services import report as service
from moderation.storage import public_reads
from moderation.storage.ids import is_id
from moderation.storage.rows import Record
from moderation.web import limits
from moderation.web.limits import Throttle
from moderation.web.problems import Problem, from_http
from moderation.web.public import template_words
from moderation.web.public.error_pages import error_page, private
from moderation.web.public.status_links import StatusLinks
from moderation.wiring import Wiring

REPORTS = "10/minute;60/day"
APPEALS = "5/minute;20/day"


def asking_blueprint(wiring: Wiring, throttle: Throttle) -> Blueprint:
    asking = Blueprint("asking", __name__)
    template_words.add_to(asking)
    links = StatusLinks(wiring.settings.secret_key, wiring.settings.public_url)

    @asking.get("/report/<comment_id>")
    def report_page(comment_id: str) -> Response:
        return _report_page(_published(wiring, comment_id))

    @asking.post("/report/<comment_id>")
    def report(comment_id: str) -> Response:
        throttle.take(REPORTS, scope="reports", key=limits.client_key(wiring))
        comment = _published(wiring, comment_id)
        reason, text = request.form.get("reason", ""), request.form.get("text", "").strip()
        if reason not in set(ReportReason):
            return _report_page(comment, _("Please choose what is wrong with it."), 422)
        if len(text) > MOST_TEXT:
            return _report_page(comment, _("Please write %(n)s characters at most.", n=MOST_TEXT), 422)
        reporter = limits.client_key(wiring)
        service.report(wiring, comment_id, reporter=reporter, reason=ReportReason(reason), text=text)
        return _report_page(comment, sent=True)

    @asking.post("/status/<token>/appeal")
    def appeal(token: str) -> AnyResponse:
        throttle.take(APPEALS, scope="appeals", key=limits.client_key(wiring))
        comment_id = links.comment_id(token)
        if comment_id is None:
            raise Problem(404, _("There is no comment under this link"))
        text = request.form.get("text", "").strip()
        if not text or len(text) > MOST_TEXT:
            raise Problem(
                422, _("Please say why it should be read again"),
                detail=_("A sentence is enough; %(n)s characters are the most. Go back: your text is still there.",
                         n=MOST_TEXT),
            )  # fmt: skip
        service.appeal(wiring, comment_id, text)
        return redirect(url_for("pages.status", token=token), 303)

    @asking.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return error_page(from_http(error))

    asking.register_error_handler(Problem, error_page)
    return asking


def _published(wiring: Wiring, comment_id: str) -> Record:
    row = None
    if is_id(comment_id):
        with wiring.database.read() as conn:
            row = public_reads.standing_of(conn, comment_id)
    if row is None or row.state != "approved":
        raise Problem(404, _("There is no such comment"), detail=_("It may have been taken down already."))
    return row


def _report_page(comment: Record, problem: str = "", status: int = 200, *, sent: bool = False) -> Response:
    reasons = {
        ReportReason.INSULT: _("It insults somebody"),
        ReportReason.HATE: _("It attacks a group of people"),
        ReportReason.THREAT: _("It threatens somebody"),
        ReportReason.PERSONAL_DATA: _("It tells somebody's personal data"),
        ReportReason.SPAM: _("It is advertising"),
        ReportReason.FALSE_CLAIM: _("It claims something false"),
        ReportReason.OTHER: _("Something else"),
    }
    page = render_template(
        "public/report.html", comment=comment, reasons=reasons, problem=problem, sent=sent, most=MOST_TEXT,
        text=request.form.get("text", ""), chosen=request.form.get("reason", ""),
    )
    return private(Response(page, status=status))
