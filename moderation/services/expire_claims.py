"""Forget claims whose moderator went away; such a claim holds nothing, this only tidies up."""

from typing import TYPE_CHECKING

from moderation.storage import claims

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def run(wiring: "Wiring") -> int:
    """How many there were."""
    now = wiring.clock.now_us()
    return wiring.database.write(lambda conn: claims.release_expired(conn, now=now))
