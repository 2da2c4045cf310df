"""One's own passkeys: add, name, remove; and showing, at an open session, that one is still who signed in."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from moderation.services import passkeys, second_factor, sign_in
from moderation.services.passkeys import NoPasskey
from moderation.web.desk import guard, pending
from moderation.web.desk.guard import moderator, wiring

Answer = Response | tuple[str, int]
ADD, PROVE = "add", "prove"
Show = Callable[..., tuple[str, int]]


def register(account: Blueprint, show: Show) -> None:
    account.get("/account/passkeys/challenge", endpoint="passkey_challenge")(_challenge)
    account.post("/account/passkeys", endpoint="add_passkey")(lambda: _add(show))
    account.post("/account/passkeys/<passkey_id>/name", endpoint="name_passkey")(_name)
    account.post("/account/passkeys/<passkey_id>/remove", endpoint="remove_passkey")(
        lambda passkey_id: _remove(show, passkey_id)
    )


def _challenge() -> Response:
    purpose = ADD if request.args.get("for") == ADD else PROVE
    challenge, noted = pending.new_challenge(purpose, moderator().id)
    if purpose == ADD:
        return jsonify(options=passkeys.options_to_add(wiring(), moderator(), challenge), noted=noted)
    return jsonify(options=passkeys.options_to_prove(wiring(), challenge, moderator().id), noted=noted)


def _add(show: Show) -> Answer:
    given = request.form
    token = request.cookies.get(guard.COOKIE, "")
    if not sign_in.confirms(wiring(), moderator().id, given.get("password", ""), token):
        return show(422, passkey_problem=_not_confirmed())
    answer = pending.read_answer(ADD, given.get("noted", ""), given.get("answer", ""), moderator().id)
    name = passkeys.tidy_name(given.get("name", "")) or _("Passkey")
    try:
        if answer is None:
            raise NoPasskey
        codes = passkeys.add(wiring(), moderator().id, answer, name)
    except NoPasskey:
        said = _("That did not work, or this device has a passkey here already. Nothing was changed.")
        return show(422, passkey_problem=said)
    return show(codes=codes, done=_("The passkey was added. You can sign in with it from now on."))


def _not_confirmed() -> str:
    with_password = _("The password is not right. Nothing was changed.")
    return with_password if request.form.get("password") else _(
        "Give your password, or sign in once more if you have none, and then add the passkey."
    )


def _name(passkey_id: str) -> Answer:
    name = passkeys.tidy_name(request.form.get("name", ""))
    if name and not passkeys.rename(wiring(), moderator().id, passkey_id, name):
        raise NotFound
    return redirect(url_for("desk_account.show") + "#passkeys", 303)


def _remove(show: Show, passkey_id: str) -> Answer:
    if not shown():
        return show(422, passkey_problem=not_shown())
    if not passkeys.remove(wiring(), moderator().id, passkey_id):
        raise NotFound
    return redirect(url_for("desk_account.show") + "#passkeys", 303)


def shown() -> bool:
    """A session left open on a desk is not enough to take a second factor away: a code or a passkey is."""
    given: Any = request.form
    if given.get("code"):
        return second_factor.check(wiring(), moderator().id, given["code"][:40])
    answer = pending.read_answer(PROVE, given.get("noted", ""), given.get("answer", ""), moderator().id)
    return answer is not None and passkeys.prove(wiring(), answer, moderator().id) is not None


def not_shown() -> str:
    if request.form.get("code"):
        return _("This code is not right, or was used already. Nothing was changed.")
    return _("The passkey did not answer. Nothing was changed.")
