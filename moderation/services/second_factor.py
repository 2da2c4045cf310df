"""A code from an app beside the password (TOTP, RFC 6238), and recovery codes for a lost telephone or passkey.

A code is good for its half minute and the ones beside it, once. The secret is sealed like an address.
"""

import hashlib
import secrets
from typing import TYPE_CHECKING

import pyotp
from sqlalchemy import Connection

from moderation.storage import audit, moderators, passkeys, second_factors

if TYPE_CHECKING:
    from moderation.wiring import Wiring

STEP_S = 30
STEPS_BESIDE = 1
CODES = 10
ISSUER = "Moderato"
# Without letters and figures that look alike.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(secret: str, email: str) -> str:
    """What an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def is_on(conn: Connection, moderator_id: str) -> bool:
    """Is the password alone not enough? An app that gives codes, or a passkey."""
    row = moderators.by_id(conn, moderator_id)
    return (row is not None and row.totp_sealed is not None) or passkeys.has(conn, moderator_id)


def codes_if_none(conn: Connection, moderator_id: str) -> list[str]:
    """Recovery codes for somebody who has none that work; else nothing, and theirs still work."""
    if second_factors.codes_left(conn, moderator_id):
        return []
    codes = _new_codes()
    second_factors.set_codes(conn, moderator_id, map(_digest, codes))
    return codes


def turn_on(wiring: "Wiring", moderator_id: str, secret: str, code: str) -> list[str] | None:
    """The recovery codes, shown this once; None if the code does not fit the secret."""
    now = wiring.clock.now_us()
    step = _step_of(secret, code, now)
    if step is None:
        return None
    codes = _new_codes()

    def work(conn: Connection) -> None:
        second_factors.set_secret(conn, moderator_id, wiring.vault.seal(secret), step=step)
        second_factors.set_codes(conn, moderator_id, map(_digest, codes))
        _log(conn, moderator_id, "second_factor.on", now)

    wiring.database.write(work)
    return codes


def check(wiring: "Wiring", moderator_id: str, code: str) -> bool:
    """Use up a code of the app or a recovery code; a wrong one is in the log."""
    now = wiring.clock.now_us()
    with wiring.database.read() as conn:
        row = moderators.by_id(conn, moderator_id)
    if row is None or row.disabled:
        return False
    step = None if row.totp_sealed is None else _step_of(wiring.vault.open(row.totp_sealed), code, now)

    def work(conn: Connection) -> bool:
        if step is not None and second_factors.use_step(conn, moderator_id, step):
            return True
        if second_factors.use_code(conn, moderator_id, _digest(code), at=now):
            _log(conn, moderator_id, "second_factor.recovery", now)
            return True
        _log(conn, moderator_id, "session.refused", now)
        return False

    return wiring.database.write(work)


def turn_off(wiring: "Wiring", moderator_id: str, *, by: str, passkeys_too: bool = False) -> None:
    """No more codes from an app. Recovery codes stay while a passkey does."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> None:
        second_factors.set_secret(conn, moderator_id, None, step=None)
        if passkeys_too:
            passkeys.remove_all(conn, moderator_id)
        if not passkeys.has(conn, moderator_id):
            second_factors.set_codes(conn, moderator_id, ())
        _log(conn, moderator_id, "second_factor.off", now, by=by)

    wiring.database.write(work)


def renew_codes(wiring: "Wiring", moderator_id: str) -> list[str]:
    now, codes = wiring.clock.now_us(), _new_codes()

    def work(conn: Connection) -> None:
        second_factors.set_codes(conn, moderator_id, map(_digest, codes))
        _log(conn, moderator_id, "second_factor.codes", now)

    wiring.database.write(work)
    return codes


def _step_of(secret: str, code: str, now_us: int) -> int | None:
    """Which 30-second step this code belongs to, near now."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    totp, current = pyotp.TOTP(secret), now_us // 1_000_000 // STEP_S
    for step in range(current - STEPS_BESIDE, current + STEPS_BESIDE + 1):
        if secrets.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


def _new_codes() -> list[str]:
    return ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(CODES)]


def _digest(code: str) -> str:
    """Ten characters of 31 are 49 bits: no list of hashes is worth making for ten guesses in ten minutes."""
    folded = "".join(code.lower().split()).replace("-", "")
    return hashlib.sha256(f"recovery\0{folded}".encode("utf-8", "surrogatepass")).hexdigest()


def _log(conn: Connection, moderator_id: str, action: str, at: int, by: str = "") -> None:
    subject = f"moderator:{moderator_id}"
    audit.record(conn, actor=by or subject, action=action, subject=subject, at=at)
