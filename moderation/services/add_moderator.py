"""Let somebody moderate: a row, and a one-time link with which they choose a password."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.domain.roles import GIVEN, Role
from moderation.services import sign_in
from moderation.storage import audit, moderators, roles
from moderation.storage.ids import new_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring

ROLES = tuple(role.value for role in GIVEN)


class AlreadyThere(Exception):
    """Somebody signs in with this address already; a new link needs no new moderator."""


def add_moderator(
    wiring: "Wiring", *, email: str, name: str, role: str = "moderator", by: str = "system",
    at_sites: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """The one-time link. `role` is for every site, `at_sites` for single ones by their id.

    Raises AlreadyThere, and ValueError for a role that does not exist.
    """
    if role not in (*ROLES, Role.NONE):
        raise ValueError(f"role={role} must be one of {', '.join(ROLES)}")
    now = wiring.clock.now_us()
    moderator_id, address = new_id(now), sign_in.folded(email)

    def work(conn: Connection) -> None:
        if moderators.by_email(conn, address) is not None:
            raise AlreadyThere
        moderators.add(conn, id=moderator_id, email=address, name=name, role=role, at=now)
        roles.set_at_sites(conn, moderator_id, at_sites or {})
        audit.record(
            conn, actor=by, action="moderator.added", subject=f"moderator:{moderator_id}", at=now,
            site_id=next(iter(at_sites), None) if at_sites else None,
            details={"role": next(iter(at_sites.values())) if at_sites else role},
        )  # fmt: skip

    wiring.database.write(work)
    return sign_in.new_link(wiring, moderator_id)


def new_link_for(wiring: "Wiring", email: str) -> str | None:
    """A new one-time link for somebody who cannot sign in; None if nobody has this address."""
    with wiring.database.read() as conn:
        row = moderators.by_email(conn, sign_in.folded(email))
    return sign_in.new_link(wiring, row.id) if row is not None else None
