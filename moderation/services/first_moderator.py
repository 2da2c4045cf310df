"""Somebody must be able to sign in to a fresh installation: the first administrator, by a one-time link."""

from contextlib import suppress
from typing import TYPE_CHECKING

from moderation.services import sign_in
from moderation.services.add_moderator import AlreadyThere, add_moderator
from moderation.storage import moderators

if TYPE_CHECKING:
    from moderation.wiring import Wiring

EMAIL = "admin@localhost"
NAME = "Admin"


def sign_in_link(wiring: "Wiring") -> str | None:
    """A fresh link while the first administrator has no password; None once there is one."""
    with wiring.database.read() as conn:
        first = moderators.first_admin(conn)
    if first is None:
        with suppress(AlreadyThere):  # another process was a moment faster
            return add_moderator(wiring, email=EMAIL, name=NAME, role="admin")
        return sign_in_link(wiring)
    return None if first.password_hash else sign_in.new_link(wiring, first.id)
