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

from moderation.services import passkeys, sign_in
from moderation.services.sign_in import NeedsCode
from moderation.web.desk import elsewhere_door, guard, passkey_door, pending
from moderation.web.limits import Throttle, client_key
from moderation.wiring import Wiring


def door_blueprint(wiring: Wiring, throttle: Throttle) -> Blueprint:
    door = Blueprint("desk_door", __name__, url_prefix="/desk")
    throttled = _throttles(wiring, throttle)
    door.get("/sign-in")(sign_in_page)
    door.post("/sign-in", endpoint="sign_in")(throttled(_sign_in))
    door.post("/sign-in/code", endpoint="code")(throttled(_code))
    passkey_door.register(door)
    door.post("/sign-in/passkey", endpoint="passkey")(throttled(_passkey))
    elsewhere_door.register(door)
    door.get("/sign-in/elsewhere/back", endpoint="came_back")(throttled(_came_back))
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
    if not problem and request.args.get("told") == "away" and elsewhere_door.name():
        problem = elsewhere_door.away()
    return render_template(
        "desk/sign_in.html", problem=problem, email=email, following=request.values.get("next", ""),
        passkeys=passkeys.possible(guard.wiring().settings), elsewhere=elsewhere_door.name(),
    )  # fmt: skip


def _sign_in() -> Response | tuple[str, int]:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    token = sign_in.sign_in(guard.wiring(), email, password)
    if token is None:
        return _form(_("The email address or the password is not right."), email), 401
    if isinstance(token, NeedsCode):
        return passkey_door.code_form(token), 200
    return _entered(token, request.form.get("next"))


def _passkey() -> Response | tuple[str, int]:
    token = passkey_door.alone()
    return _entered(token, request.form.get("next")) if token else (_form(passkey_door.problem()), 401)


def _came_back() -> Response | tuple[str, int]:
    try:
        token, following = elsewhere_door.came_back()
    except elsewhere_door.Refused as refused:
        return _form(str(refused)), 403
    if isinstance(token, NeedsCode):
        return passkey_door.code_form(token, following=following), 200
    return _entered(token, following)


def _code() -> Response | tuple[str, int]:
    """The second step: what proves the first is signed, holds for five minutes and for this password."""
    needed = pending.read(request.form.get("pending", ""))
    if needed is None:
        return _form(_("That took too long. Sign in again.")), 401
    code = request.form.get("code", "")[:40]
    if code:
        token = sign_in.sign_in_with_code(guard.wiring(), needed, code)
        problem = _("This code is not right, or was used already.")
    else:
        token, problem = passkey_door.beside(needed), _("This passkey did not answer for your account. Try again.")
    if token is None:
        return passkey_door.code_form(needed, problem, noted=request.form["pending"]), 401
    return _entered(token, request.form.get("next"))


def _entered(token: str, following: str | None) -> Response:
    _end_old_session()
    return guard.keep_session(redirect(guard.inside_desk(following), 303), token)


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
