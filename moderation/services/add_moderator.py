"""Let somebody moderate: a row, and a one-time link with which they choose a password."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.services import sign_in
from moderation.storage import audit, moderators
from moderation.storage.ids import new_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring

ROLES = ("admin", "lead", "moderator", "viewer")


class AlreadyThere(Exception):
    """Somebody signs in with this address already; a new link needs no new moderator."""


def add_moderator(
    wiring: "Wiring", *, email: str, name: str, role: str = "moderator", by: str = "system"
) -> str:
    """The one-time link. Raises AlreadyThere, and ValueError for a role that does not exist."""
    if role not in ROLES:
        raise ValueError(f"role={role} must be one of {', '.join(ROLES)}")
    now = wiring.clock.now_us()
    moderator_id, address = new_id(now), sign_in.folded(email)

    def work(conn: Connection) -> None:
        if moderators.by_email(conn, address) is not None:
            raise AlreadyThere
        moderators.add(conn, id=moderator_id, email=address, name=name, role=role, at=now)
        audit.record(
            conn, actor=by, action="moderator.added", subject=f"moderator:{moderator_id}", at=now,
            details={"role": role},
        )  # fmt: skip

    wiring.database.write(work)
    return sign_in.new_link(wiring, moderator_id)


def new_link_for(wiring: "Wiring", email: str) -> str | None:
    """A new one-time link for somebody who cannot sign in; None if nobody has this address."""
    with wiring.database.read() as conn:
        row = moderators.by_email(conn, sign_in.folded(email))
    return sign_in.new_link(wiring, row.id) if row is not None else None
