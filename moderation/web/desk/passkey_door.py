"""Signing in with a passkey: alone, or after the password."""

from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from moderation.services import passkeys, sign_in
from moderation.services.sign_in import NeedsCode
from moderation.storage import moderators
from moderation.storage import passkeys as stored
from moderation.web.desk import guard, pending
from moderation.web.desk.guard import wiring

ALONE, BESIDE = "alone", "beside"


def register(door: Blueprint) -> None:
    door.get("/sign-in/passkey", endpoint="passkey_challenge")(_challenge)


def _challenge() -> Response:
    """Nothing is kept of it here: asking a thousand times costs nobody anything."""
    challenge, noted = pending.new_challenge(ALONE)
    return jsonify(options=passkeys.options_to_prove(wiring(), challenge), noted=noted)


def alone() -> str | None:
    """The new session's token, if a passkey answered and its device asked who holds it."""
    answer = pending.read_answer(ALONE, request.form.get("noted", ""), request.form.get("answer", ""))
    return sign_in.sign_in_with_passkey(guard.wiring(), answer) if answer else None


def beside(needed: NeedsCode) -> str | None:
    """The new session's token, after the password was right."""
    given = request.form
    answer = pending.read_answer(BESIDE, given.get("noted", ""), given.get("answer", ""), needed.moderator_id)
    return sign_in.sign_in_with_passkey(guard.wiring(), answer, needed) if answer else None


def code_form(needed: NeedsCode, problem: str = "", *, following: str = "", noted: str = "") -> str:
    """The second step: a code, or one of this person's passkeys where there are any.

    `noted`: of an earlier try, whose five minutes go on.
    """
    with wiring().database.read() as conn:
        row = moderators.by_id(conn, needed.moderator_id)
        has_passkey = passkeys.possible(wiring().settings) and stored.has(conn, needed.moderator_id)
    asked: dict[str, Any] = {}
    if has_passkey:
        challenge, note = pending.new_challenge(BESIDE, needed.moderator_id)
        asked = {"noted": note, "options": passkeys.options_to_prove(wiring(), challenge, needed.moderator_id)}
    return render_template(
        "desk/sign_in_code.html", pending=noted or pending.note(needed), problem=problem, passkey=asked,
        has_app=row is not None and row.totp_sealed is not None, following=following or request.values.get("next", ""),
    )  # fmt: skip


def problem() -> str:
    return _("This passkey did not open an account. Try again, or use your password.")
