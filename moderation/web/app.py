"""Put the web service together: what is served, under which headers, and how a failure is told."""

from typing import Any

import structlog
from babel import Locale
from flask import Flask, Response, g, jsonify, request
from flask_babel import Babel
from flask_babel import gettext as _
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from config.log_setup import set_up_logs
from config.settings import load_settings
from moderation.storage.database import Unavailable
from moderation.web import headers, problems, request_log
from moderation.web.compat.blueprints import Compat
from moderation.web.compat.straight import Straight
from moderation.web.desk.blueprints import desk_blueprints
from moderation.web.limits import Throttle, make_throttle
from moderation.web.ops import ops_blueprint
from moderation.web.problems import Problem
from moderation.web.public.api import api_blueprint
from moderation.web.public.asking import asking_blueprint
from moderation.web.public.body import MOST_BYTES
from moderation.web.public.demo import demo_blueprint
from moderation.web.public.embed import embed_blueprint
from moderation.web.public.error_pages import error_page
from moderation.web.public.pages import pages_blueprint
from moderation.web.session_cookie import SessionCookie
from moderation.wiring import Wiring, build

INFO = Info(
    title="Moderato", version="1",
    description="Comments for articles: scored as they arrive, decided where that is safe, queued where it is not.",
)  # fmt: skip
# One for each catalogue under translations/; English needs none.
LANGUAGES: tuple[str, ...] = ("en",)
_LOCALES = {language: Locale.parse(language) for language in LANGUAGES}
log = structlog.get_logger(__name__)


class Application(OpenAPI):
    def ensure_sync(self, func: Any) -> Any:
        """As it is: none of ours is async, and Flask would look at each of some ten functions a request."""
        return func


def create_app(wiring: Wiring | None = None) -> Flask:
    if wiring is None:
        settings = load_settings()
        set_up_logs(settings)
        wiring = build(settings)
    # Without schemes the document would say `null` where OpenAPI wants an object.
    app = Application(__name__, info=INFO, security_schemes={}, doc_ui=False, static_folder="static")
    app.config.update(
        SECRET_KEY=wiring.settings.secret_key,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        MAX_FORM_PARTS=50,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=wiring.settings.public_url.startswith("https://"),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=True,
    )
    app.session_interface = SessionCookie()
    app.extensions["moderato"] = wiring
    if wiring.settings.trusted_proxies:
        count = wiring.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    request_log.init_app(app)
    headers.init_app(app)
    Babel(app, locale_selector=_language)
    csrf = CSRFProtect(app)
    throttle = make_throttle(wiring)
    compat = Compat(wiring, throttle)
    _register(app, wiring, throttle, csrf, compat)
    _tell_failures(app)
    app.wsgi_app = Straight(app.wsgi_app, compat.perspective)  # type: ignore[method-assign]
    return app


def _register(app: OpenAPI, wiring: Wiring, throttle: Throttle, csrf: CSRFProtect, compat: Compat) -> None:
    api = api_blueprint(wiring, throttle)
    csrf.exempt(api)
    app.register_api(api)
    # The public pages set no cookie, so there is no session that a forged request could ride on.
    for blueprint in (
        pages_blueprint(wiring, throttle), asking_blueprint(wiring, throttle),
        embed_blueprint(wiring), demo_blueprint(wiring), ops_blueprint(wiring),
        *compat.blueprints,
    ):  # fmt: skip
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    for blueprint in desk_blueprints(wiring, throttle):
        app.register_blueprint(blueprint)

    app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(app.api_doc))


def _language() -> Locale:
    if len(LANGUAGES) == 1:
        return _LOCALES[LANGUAGES[0]]
    asked = request.args.get("lang", "")[:2].lower()
    return _LOCALES[asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"]


def _tell_failures(app: Flask) -> None:
    """One place for what went wrong; pages of the desk and plain pages answer in HTML by their own handlers."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return problems.as_response(error)

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Response:
        return _told(Problem(400, _("The form is too old. Reload the page and send it again.")))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return _told(problems.from_http(error))

    @app.errorhandler(Unavailable)
    def unavailable(_error: Unavailable) -> Response:
        log.error("database.unavailable")
        return problems.as_response(
            Problem(503, _("The database is away. Please try again shortly."), headers={"Retry-After": "5"})
        )

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        # The traceback stays in the log and may hold no text of a comment: only its type and place are kept.
        log.error("request.failed", error=type(error).__name__, where=_place(error))
        detail = _("Its number is %(number)s.", number=g.get("request_id", ""))
        return _told(Problem(500, _("Something broke on our side."), detail=detail))


def _told(problem: Problem) -> Response:
    """A page for a person in a browser, a document for everything else."""
    kinds = request.accept_mimetypes
    if request.path.startswith("/api/") or kinds.best_match(("application/json", "text/html")) != "text/html":
        return problems.as_response(problem)
    return error_page(problem)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "/moderation/" in code.co_filename or "/models/" in code.co_filename:
            place = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return place
