"""In and out: sign-in, sign-out, and the one-time link with which a moderator chooses a password.

A link is only ever used up by POST, so that a mail scanner that follows it changes nothing. Wrong
password, unknown account and disabled account are answered alike, after the same time.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from moderation.services import sign_in
from moderation.web.desk import guard, pending
from moderation.web.limits import Throttle, client_key
from moderation.wiring import Wiring


def door_blueprint(wiring: Wiring, throttle: Throttle) -> Blueprint:
    door = Blueprint("desk_door", __name__, url_prefix="/desk")
    throttled = _throttles(wiring, throttle)
    door.get("/sign-in")(sign_in_page)
    door.post("/sign-in", endpoint="sign_in")(throttled(_sign_in))
    door.post("/sign-in/code", endpoint="code")(throttled(_code))
    door.post("/sign-out", endpoint="sign_out")(_sign_out)
    door.get("/welcome/<token>", endpoint="welcome")(_welcome_page)
    door.post("/welcome/<token>", endpoint="choose_password")(throttled(_choose_password))
    door.register_error_handler(TooManyRequests, lambda error: _too_many(str(error.retry_after)))
    door.register_error_handler(CSRFError, _old_form)
    return door


def _throttles(wiring: Wiring, throttle: Throttle) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """By network address and, apart from it, by account: many addresses may try one password list."""
    limit = wiring.settings.rate_limit_sign_in

    def take() -> None:
        throttle.take(limit, scope="sign-in-address", key=client_key(wiring))
        if "email" in request.form:
            account = sign_in.folded(request.form.get("email", ""))[:254]
            throttle.take(limit, scope="sign-in-account", key=wiring.vault.digest("sign-in", account))
        if needed := pending.read(request.form.get("pending", "")):
            throttle.take(limit, scope="sign-in-code", key=needed.moderator_id)

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def throttled(*arguments: Any, **named: Any) -> Any:
            take()
            return view(*arguments, **named)

        return throttled

    return wrap


def sign_in_page() -> Response | str:
    if sign_in.who(guard.wiring(), request.cookies.get(guard.COOKIE, "")):
        return redirect(guard.inside_desk(request.args.get("next")), 303)
    return _form()


def _form(problem: str = "", email: str = "") -> str:
    following = request.values.get("next", "")
    return render_template("desk/sign_in.html", problem=problem, email=email, following=following)


def _sign_in() -> Response | tuple[str, int]:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    token = sign_in.sign_in(guard.wiring(), email, password)
    if token is None:
        return _form(_("The email address or the password is not right."), email), 401
    if isinstance(token, sign_in.NeedsCode):
        return _code_form(pending.note(token)), 200
    return _entered(token)


def _code() -> Response | tuple[str, int]:
    """The second step: what proves the first is signed, holds for five minutes and for this password."""
    noted = request.form.get("pending", "")
    needed = pending.read(noted)
    if needed is None:
        return _form(_("That took too long. Sign in again.")), 401
    token = sign_in.sign_in_with_code(guard.wiring(), needed, request.form.get("code", "")[:40])
    if token is None:
        return _code_form(noted, _("This code is not right, or was used already.")), 401
    return _entered(token)


def _code_form(noted: str, problem: str = "") -> str:
    following = request.form.get("next", "")
    return render_template("desk/sign_in_code.html", pending=noted, problem=problem, following=following)


def _entered(token: str) -> Response:
    _end_old_session()
    return guard.keep_session(redirect(guard.inside_desk(request.form.get("next")), 303), token)


def _end_old_session() -> None:
    old = request.cookies.get(guard.COOKIE)
    if old:
        sign_in.sign_out(guard.wiring(), old)


def _sign_out() -> Response:
    _end_old_session()
    return guard.drop_session(redirect(url_for("desk_door.sign_in_page"), 303))


def _welcome_page(token: str) -> tuple[str, int]:
    return _welcome(token)


def _welcome(token: str, problem: str = "") -> tuple[str, int]:
    who = sign_in.link_is_for(guard.wiring(), token)
    status = 410 if who is None else 422 if problem else 200
    page = render_template(
        "desk/welcome.html", who=who, token=token, problem=problem, shortest=sign_in.SHORTEST_PASSWORD
    )
    return page, status


def _choose_password(token: str) -> Response | tuple[str, int]:
    password = request.form.get("password", "")
    try:
        session = sign_in.use_link(guard.wiring(), token, password)
    except sign_in.BadPassword:
        return _welcome(token, _password_problem(len(password)))
    if session is None:
        return _welcome(token)
    _end_old_session()
    if not session:  # the second factor is still asked for
        return redirect(url_for("desk_door.sign_in_page"), 303)
    return guard.keep_session(redirect(url_for("desk.start"), 303), session)


def _password_problem(length: int) -> str:
    if length > sign_in.LONGEST_PASSWORD:
        return _("Choose a password of %(n)s characters or fewer.", n=sign_in.LONGEST_PASSWORD)
    missing = sign_in.SHORTEST_PASSWORD - length
    return ngettext(
        "Choose a longer password: one more character is enough.",
        "Choose a longer password: %(num)d more characters are enough.",
        missing,
    )


def _too_many(seconds: str) -> tuple[str, int, dict[str, str]]:
    sentence = _("Too many attempts. Wait a few minutes and try again.")
    page = render_template("desk/notice.html", heading=_("Please wait a little"), sentence=sentence)
    return page, 429, {"Retry-After": seconds}


def _old_form(_error: CSRFError) -> tuple[str, int]:
    sentence = _("This form was open for too long, or your browser keeps no cookies. Open the page again.")
    return render_template("desk/notice.html", heading=_("Please try once more"), sentence=sentence), 400
