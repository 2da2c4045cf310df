"""Somebody came back from an identity provider: which account is theirs, if any.

Only those get in who have an account under an address that the provider checked, or whose address is of a domain that
the operator named. At the first time the account is bound to who that is there, so that an address which is later given
to somebody else opens nothing.
"""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.outbound.identity_provider import Identity
from moderation.services import second_factor, sign_in
from moderation.services.sign_in import NeedsCode
from moderation.storage import audit, identities, moderators
from moderation.storage.ids import new_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring


class NotKnown(Exception):
    """Nobody here has this address."""


class NotChecked(Exception):
    """The provider does not say that the address is theirs."""


def enter(wiring: "Wiring", identity: Identity) -> str | NeedsCode:
    """A new session's token, or what is still asked for. Raises NotKnown or NotChecked."""
    account = _account(wiring, identity)
    with wiring.database.read() as conn:
        row = moderators.by_id(conn, account)
        asks = second_factor.is_on(conn, account)
    if asks and row is not None:
        return NeedsCode(account, sign_in.token_digest(row.password_hash or ""))
    return sign_in.begin_session(wiring, account, by="provider")


def _account(wiring: "Wiring", identity: Identity) -> str:
    now = wiring.clock.now_us()

    def work(conn: Connection) -> str:
        known = identities.of(conn, identity.issuer, identity.subject)
        if known is not None:
            if known.disabled:
                raise NotKnown
            return str(known.id)
        if not identity.email or not (identity.email_verified or wiring.settings.oidc_trust_emails):
            raise NotChecked
        found = _by_address(conn, wiring, identity, now)
        identities.bind(conn, issuer=identity.issuer, subject=identity.subject, moderator_id=found, at=now)
        who = f"moderator:{found}"
        audit.record(conn, actor=who, action="identity.bound", subject=who, at=now)
        return found

    return wiring.database.write(work)


def _by_address(conn: Connection, wiring: "Wiring", identity: Identity, now: int) -> str:
    address = sign_in.folded(identity.email)
    row = moderators.by_email(conn, address)
    if row is not None:
        # Somebody else of the provider is bound to this account: the address changed hands there.
        if row.disabled or identities.known_at(conn, identity.issuer, row.id):
            raise NotKnown
        return str(row.id)
    if address.rpartition("@")[2] not in wiring.settings.oidc_domains:
        raise NotKnown
    moderator_id, role = new_id(now), wiring.settings.oidc_role
    name = " ".join(identity.name.split()) or address.partition("@")[0]
    moderators.add(conn, id=moderator_id, email=address, name=name[:80], role=role, at=now)
    audit.record(
        conn, actor="system", action="moderator.added", subject=f"moderator:{moderator_id}", at=now,
        details={"role": role, "by": "provider"},
    )  # fmt: skip
    return moderator_id
