"""Passkeys (WebAuthn): a key in a device or a stick, instead of the password or beside it.

Alone it signs in if the device asked who holds it; after the password its touch is enough. A challenge is
answered once. With a passkey the password alone opens nothing any more, so the first one brings recovery codes.
"""

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from moderation.services import second_factor
from moderation.storage import audit, passkeys, second_factors
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from config.settings import Settings
    from moderation.wiring import Wiring

MOST = 20
LONGEST_NAME = 80
LONGEST_ANSWER = 20_000
CHALLENGE_BYTES = 32
ASKED_FOR_MS = 120_000


class NoPasskey(Exception):
    """The answer does not prove a passkey."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, and the challenge that it was asked with."""

    credential: str
    challenge: bytes


def possible(settings: "Settings") -> bool:
    """Browsers keep passkeys for names, not for network addresses."""
    try:
        ipaddress.ip_address(_host(settings))
    except ValueError:
        return True
    return False


def options_to_add(wiring: "Wiring", person: Any, challenge: bytes) -> dict[str, Any]:
    """What the browser needs to make a passkey; person: id, email, name."""
    from webauthn import generate_registration_options
    from webauthn.helpers import structs

    with wiring.database.read() as conn:
        known = passkeys.of(conn, person.id)
    options = generate_registration_options(
        rp_id=_host(wiring.settings), rp_name="Moderato", user_id=person.id.encode(), user_name=person.email,
        user_display_name=person.name, challenge=challenge, timeout=ASKED_FOR_MS,
        exclude_credentials=[_descriptor(row) for row in known],
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )  # fmt: skip
    return _as_json(options)


def options_to_prove(wiring: "Wiring", challenge: bytes, moderator_id: str | None = None) -> dict[str, Any]:
    """Of this person's passkeys, or of whoever's: then the device must ask who holds it."""
    from webauthn import generate_authentication_options
    from webauthn.helpers.structs import UserVerificationRequirement

    known: list[Record] = []
    if moderator_id is not None:
        with wiring.database.read() as conn:
            known = passkeys.of(conn, moderator_id)
    asks = UserVerificationRequirement.REQUIRED if moderator_id is None else UserVerificationRequirement.PREFERRED
    options = generate_authentication_options(
        rp_id=_host(wiring.settings), challenge=challenge, timeout=ASKED_FOR_MS, user_verification=asks,
        allow_credentials=[_descriptor(row) for row in known],
    )  # fmt: skip
    return _as_json(options)


def add(wiring: "Wiring", moderator_id: str, answer: Answer, name: str) -> list[str]:
    """Recovery codes if there were none, shown this once. Raises NoPasskey."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    try:
        made = verify_registration_response(
            credential=_parsed(answer), expected_challenge=answer.challenge,
            expected_rp_id=_host(wiring.settings), expected_origin=wiring.settings.public_url,
        )  # fmt: skip
    except _refusals() as error:
        raise NoPasskey from error
    now, passkey_id = wiring.clock.now_us(), new_id(wiring.clock.now_us())

    def work(conn: Connection) -> list[str]:
        if not passkeys.answer_once(conn, _digest(answer.challenge), at=now):
            raise NoPasskey
        if passkeys.count(conn, moderator_id) >= MOST:
            raise NoPasskey
        credential = bytes_to_base64url(made.credential_id)
        if not passkeys.add(
            conn, id=passkey_id, moderator_id=moderator_id, credential=credential, name=name, at=now,
            public_key=made.credential_public_key, uses=made.sign_count,
        ):  # fmt: skip
            raise NoPasskey
        _log(conn, moderator_id, "passkey.added", now, passkey_id)
        return second_factor.codes_if_none(conn, moderator_id)

    return wiring.database.write(work)


def prove(wiring: "Wiring", answer: Answer, moderator_id: str | None = None) -> str | None:
    """Whose passkey answered, or None. Without `moderator_id` it signs in alone: the device must have asked who."""
    from webauthn import verify_authentication_response

    try:
        said = _parsed(answer)
    except _refusals():
        return None
    with wiring.database.read() as conn:
        row = passkeys.find(conn, str(said.get("id", ""))[:1400])
    if row is None or row.disabled or row.moderator_id != (moderator_id or row.moderator_id):
        return None
    if _handle(said) not in ("", row.moderator_id):
        _refused(wiring, row.moderator_id)
        return None
    try:
        proven = verify_authentication_response(
            credential=said, expected_challenge=answer.challenge, expected_rp_id=_host(wiring.settings),
            expected_origin=wiring.settings.public_url, credential_public_key=row.public_key,
            credential_current_sign_count=row.uses, require_user_verification=moderator_id is None,
        )  # fmt: skip
    except _refusals():
        _refused(wiring, row.moderator_id)
        return None
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        once = passkeys.answer_once(conn, _digest(answer.challenge), at=now)
        return once and passkeys.used(conn, row.id, before=row.uses, uses=proven.new_sign_count, at=now)

    if not wiring.database.write(work):
        _refused(wiring, row.moderator_id)
        return None
    return str(row.moderator_id)


def rename(wiring: "Wiring", moderator_id: str, passkey_id: str, name: str) -> bool:
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        done = passkeys.rename(conn, moderator_id, passkey_id, name)
        if done:
            _log(conn, moderator_id, "passkey.named", now, passkey_id)
        return done

    return wiring.database.write(work)


def remove(wiring: "Wiring", moderator_id: str, passkey_id: str) -> bool:
    """The last one takes the recovery codes with it, unless an app gives codes too."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        done = passkeys.remove(conn, moderator_id, passkey_id)
        if done:
            if not second_factor.is_on(conn, moderator_id):
                second_factors.set_codes(conn, moderator_id, ())
            _log(conn, moderator_id, "passkey.removed", now, passkey_id)
        return done

    return wiring.database.write(work)


def tidy_name(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]


def _refused(wiring: "Wiring", moderator_id: str) -> None:
    now = wiring.clock.now_us()
    wiring.database.write(lambda conn: _log(conn, moderator_id, "session.refused", now))


def _host(settings: "Settings") -> str:
    return urlsplit(settings.public_url).hostname or "localhost"


def _descriptor(row: Record) -> Any:
    from webauthn import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential))


def _as_json(options: Any) -> dict[str, Any]:
    from webauthn import options_to_json

    made: dict[str, Any] = json.loads(options_to_json(options))
    return made


def _parsed(answer: Answer) -> dict[str, Any]:
    found = json.loads(answer.credential[:LONGEST_ANSWER])
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _handle(said: dict[str, Any]) -> str:
    """For whom the device says that it made the key; sticks that hold little do not say it."""
    from webauthn import base64url_to_bytes

    response = said.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    if not isinstance(handle, str) or not handle:
        return ""
    try:
        return base64url_to_bytes(handle).decode("ascii", "replace")
    except ValueError:
        return "?"


def _refusals() -> tuple[type[Exception], ...]:
    """What the library raises over an answer that a stranger may have written, its parser's slips included."""
    from webauthn.helpers.exceptions import WebAuthnException

    return WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError


def _digest(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()


def _log(conn: Connection, moderator_id: str, action: str, at: int, passkey_id: str = "") -> None:
    who = f"moderator:{moderator_id}"
    details = {"passkey": passkey_id} if passkey_id else {}
    audit.record(conn, actor=who, action=action, subject=who, at=at, details=details)
