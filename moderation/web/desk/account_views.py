"""One's own account: second factors, recovery codes, and signing out everywhere."""

from typing import Any

import segno
from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from moderation.services import passkeys, people, second_factor
from moderation.storage import moderators, second_factors, sessions
from moderation.storage import passkeys as stored_passkeys
from moderation.web.desk import guard, page, passkey_views, pending
from moderation.web.desk.guard import moderator, wiring

Answer = Response | tuple[str, int]


def register(account: Blueprint) -> None:
    account.get("/account", endpoint="show")(_show)
    account.post("/account/second-factor", endpoint="begin")(_begin)
    account.post("/account/second-factor/on", endpoint="turn_on")(_turn_on)
    account.post("/account/second-factor/off", endpoint="turn_off")(_turn_off)
    account.post("/account/second-factor/codes", endpoint="codes")(_codes)
    passkey_views.register(account, _show)
    account.post("/account/sign-out-everywhere", endpoint="sign_out")(_sign_out_everywhere)


def _show(status: int = 200, **told: Any) -> tuple[str, int]:
    with wiring().database.read() as conn:
        row = moderators.by_id(conn, moderator().id)
        left = second_factors.codes_left(conn, moderator().id)
        mine = stored_passkeys.of(conn, moderator().id)
        open_sessions = sessions.of(conn, moderator().id, now=wiring().clock.now_us())
    return page.sheet(
        "desk/account.html", status, on=row is not None and row.totp_sealed is not None, codes_left=left,
        has_password=row is not None and row.password_hash is not None, passkeys=mine,
        passkeys_possible=passkeys.possible(wiring().settings), sessions=open_sessions, **told,
    )  # fmt: skip


def _begin() -> Answer:
    return _setting_up(second_factor.new_secret())


def _setting_up(secret: str, problem: str = "") -> tuple[str, int]:
    picture = segno.make(second_factor.address_of(secret, moderator().email), error="m")
    return _show(
        422 if problem else 200,
        secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        noted=pending.note_secret(moderator().id, secret),
        picture=picture.svg_data_uri(scale=5, border=3, dark="#000", light="#fff"),
        problem=problem,
    )


def _turn_on() -> Answer:
    secret = pending.read_secret(request.form.get("noted", ""), moderator().id)
    if secret is None:
        return _show(422, problem=_("That took too long. Begin again; nothing was changed."))
    codes = second_factor.turn_on(wiring(), moderator().id, secret, request.form.get("code", "")[:40])
    if codes is None:
        return _setting_up(secret, _("This code does not fit. Is the clock of your telephone right? Try the next one."))
    return _show(codes=codes)


def _turn_off() -> Answer:
    if not passkey_views.shown():
        return _show(422, problem=passkey_views.not_shown())
    second_factor.turn_off(wiring(), moderator().id, by=f"moderator:{moderator().id}")
    return redirect(url_for("desk_account.show"), 303)


def _codes() -> Answer:
    if not passkey_views.shown():
        return _show(422, problem=passkey_views.not_shown())
    return _show(codes=second_factor.renew_codes(wiring(), moderator().id))


def _sign_out_everywhere() -> Response:
    people.sign_out_everywhere(wiring(), moderator().id)
    return guard.drop_session(redirect(url_for("desk_door.sign_in_page"), 303))
