"""Moderators sign in and out: argon2id, sessions in SQL, one-time links to choose a password.

Tokens are 128 random bits; the database keeps their SHA-256 only, so that reading it gives nobody a
session.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from moderation.domain import roles
from moderation.domain.roles import Right
from moderation.services import passkeys, second_factor
from moderation.services.passkeys import Answer
from moderation.storage import audit, claims, moderators, sessions
from moderation.storage import roles as stored_roles

if TYPE_CHECKING:
    from moderation.wiring import Wiring

HOUR_US = 3_600_000_000
SESSION_US = 7 * 24 * HOUR_US
IDLE_US = 12 * HOUR_US
SEEN_EVERY_US = HOUR_US // 12
LINK_US = 24 * HOUR_US
JUST_NOW_US = HOUR_US // 6
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000


@dataclass(frozen=True, slots=True)
class Moderator:
    id: str
    email: str
    name: str
    role: str  # at every site; Role.NONE: only where `at_sites` says so
    at_sites: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_decide(self) -> bool:
        return self.may(Right.DECIDE)

    def may(self, right: Right, site_id: str | None = None) -> bool:
        """At this site; without one: at any."""
        if site_id is not None:
            return roles.allows(roles.role_at(site_id, self.role, self.at_sites), right)
        return any(roles.allows(role, right) for role in (self.role, *self.at_sites.values()))


class BadPassword(ValueError):
    """The chosen password is too short or too long."""


@dataclass(frozen=True, slots=True)
class NeedsCode:
    """The first proof was right, and a second factor is asked for."""

    moderator_id: str
    proof: str  # changes with the password


def sign_in(wiring: "Wiring", email: str, password: str) -> str | NeedsCode | None:
    """A new session's token; None for a wrong password, an unknown or a disabled account alike.

    An unknown account costs the same time as a known one: a hash is verified either way.
    """
    with wiring.database.read() as conn:
        row = moderators.by_email(conn, folded(email))
    usable = row is not None and row.password_hash is not None and not row.disabled
    right = _verify(row.password_hash if usable and row is not None else _nobodys_hash(), password)
    if row is None or not usable or not right:
        return None
    with wiring.database.read() as conn:
        if second_factor.is_on(conn, row.id):
            return NeedsCode(row.id, token_digest(row.password_hash))
    renewed = hasher().hash(password) if hasher().check_needs_rehash(row.password_hash) else None

    def work(conn: Connection) -> str:
        if renewed:
            moderators.set_password(conn, row.id, renewed)
        return _begin(conn, row.id, now=wiring.clock.now_us(), action="session.began", by="password")

    return wiring.database.write(work)


def sign_in_with_code(wiring: "Wiring", needed: NeedsCode, code: str) -> str | None:
    """A new session's token, after the password was right; None if the code is not, or the password changed."""
    if not _still_holds(wiring, needed) or not second_factor.check(wiring, needed.moderator_id, code):
        return None
    return begin_session(wiring, needed.moderator_id, by="code")


def sign_in_with_passkey(wiring: "Wiring", answer: Answer, needed: NeedsCode | None = None) -> str | None:
    """A new session's token: by a passkey alone, or by one of this person's after the password was right."""
    if needed is not None and not _still_holds(wiring, needed):
        return None
    moderator_id = passkeys.prove(wiring, answer, needed.moderator_id if needed else None)
    return begin_session(wiring, moderator_id, by="passkey") if moderator_id else None


def begin_session(wiring: "Wiring", moderator_id: str, *, by: str) -> str:
    """`by`: how they showed who they are, for the log."""
    now = wiring.clock.now_us()
    return wiring.database.write(lambda conn: _begin(conn, moderator_id, now=now, action="session.began", by=by))


def _still_holds(wiring: "Wiring", needed: NeedsCode) -> bool:
    with wiring.database.read() as conn:
        row = moderators.by_id(conn, needed.moderator_id)
    return row is not None and not row.disabled and token_digest(row.password_hash or "") == needed.proof


def confirms(wiring: "Wiring", moderator_id: str, password: str, token: str) -> bool:
    """Is it still them at an open session? By the password, or, where there is none, by having come just now."""
    with wiring.database.read() as conn:
        row = moderators.by_id(conn, moderator_id)
        began = sessions.began(conn, token_digest(token))
    if row is None or row.disabled:
        return False
    if row.password_hash is not None:
        return _verify(row.password_hash, password)
    return began is not None and wiring.clock.now_us() - began < JUST_NOW_US


def folded(email: str) -> str:
    return email.strip().casefold()


@lru_cache(maxsize=1)
def hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hasher().hash(secrets.token_hex(16))


def _verify(password_hash: str, password: str) -> bool:
    try:
        return hasher().verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def new_token() -> str:
    return secrets.token_urlsafe(16)


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _begin(conn: Connection, moderator_id: str, *, now: int, action: str, by: str = "") -> str:
    token = new_token()
    sessions.end_expired(conn, now=now, idle_since=now - IDLE_US)
    sessions.add(
        conn, token_digest=token_digest(token), moderator_id=moderator_id, now=now, until=now + SESSION_US
    )
    claims.forget_skips(conn, moderator_id)
    _log(conn, moderator_id, action, now, {"by": by} if by else None)
    return token


def who(wiring: "Wiring", token: str) -> Moderator | None:
    """Whose session this is; a session that is used stays alive."""
    now, digest = wiring.clock.now_us(), token_digest(token)
    with wiring.database.read() as conn:
        row = sessions.find(conn, digest, now=now, idle_since=now - IDLE_US)
        at_sites = stored_roles.at_sites(conn, row.id) if row is not None else {}
    if row is None:
        return None
    if row.seen_at < now - SEEN_EVERY_US:
        wiring.database.write(lambda conn: sessions.touch(conn, digest, now=now))
    return _moderator(row, at_sites)


def is_open(wiring: "Wiring", token: str) -> bool:
    """Is somebody signed in with this? Asking does not keep the session alive."""
    now = wiring.clock.now_us()
    with wiring.database.read() as conn:
        return sessions.find(conn, token_digest(token), now=now, idle_since=now - IDLE_US) is not None


def sign_out(wiring: "Wiring", token: str) -> None:
    now = wiring.clock.now_us()

    def work(conn: Connection) -> None:
        moderator_id = sessions.end(conn, token_digest(token))
        if moderator_id is not None:
            claims.release_others(conn, moderator_id)
            _log(conn, moderator_id, "session.ended", now)

    wiring.database.write(work)


def new_link(wiring: "Wiring", moderator_id: str) -> str:
    """The address of a page on which this moderator may choose a password, once, within a day."""
    now, token = wiring.clock.now_us(), new_token()
    wiring.database.write(
        lambda conn: moderators.add_link(
            conn, token_digest=token_digest(token), moderator_id=moderator_id, now=now, until=now + LINK_US
        )
    )
    return f"{wiring.settings.public_url}/desk/welcome/{token}"


def link_is_for(wiring: "Wiring", token: str) -> Moderator | None:
    """Whose link this is, if it still works. Looking does not use it up."""
    with wiring.database.read() as conn:
        row = moderators.link(conn, token_digest(token), now=wiring.clock.now_us())
    return _moderator(row) if row is not None else None


def use_link(wiring: "Wiring", token: str, password: str) -> str | None:
    """Set the password and begin a session; None if the link does not work (any more).

    With a second factor there is no session yet, and the token is empty: a link alone opens nothing.
    Raises BadPassword, and then the link still works.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadPassword
    if link_is_for(wiring, token) is None:
        return None
    now, password_hash = wiring.clock.now_us(), hasher().hash(password)

    def work(conn: Connection) -> str | None:
        moderator_id = moderators.use_link(conn, token_digest(token), now=now)
        if moderator_id is None:
            return None
        moderators.set_password(conn, moderator_id, password_hash)
        sessions.end_all(conn, moderator_id)
        if second_factor.is_on(conn, moderator_id):
            _log(conn, moderator_id, "password.chosen", now)
            return ""
        return _begin(conn, moderator_id, now=now, action="password.chosen")

    return wiring.database.write(work)


def _log(
    conn: Connection, moderator_id: str, action: str, at: int, details: Mapping[str, str] | None = None
) -> None:
    who_ = f"moderator:{moderator_id}"
    audit.record(conn, actor=who_, action=action, subject=who_, at=at, details=details)


def _moderator(row: Any, at_sites: Mapping[str, str] | None = None) -> Moderator:
    return Moderator(row.id, row.email, row.name, row.role, at_sites or {})
