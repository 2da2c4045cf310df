"""Which site has enough new decisions for another look at its own head?"""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.services.realised_error import DAY_US
from moderation.storage import audit, labels

if TYPE_CHECKING:
    from moderation.wiring import Wiring

EVERY_US = DAY_US
FEWEST, SHARE = 30, 0.1


def next_site(wiring: "Wiring") -> str | None:
    """The key of a site that was not fitted within a day, and has a tenth more decisions since: thirty at least."""
    now = wiring.clock.now_us()
    for site in wiring.sites.every():
        if not site.policy.learn:
            continue
        with wiring.database.read() as conn:
            if _due(conn, site.id, now):
                return site.key
    return None


def _due(conn: Connection, site_id: str, now: int) -> bool:
    last = audit.last_at(conn, f"site:{site_id}", ("head.candidate", "head.refused"))
    if last is not None and now - last < EVERY_US:
        return False
    new, known = labels.count(conn, site_id, since=last or 0), labels.count(conn, site_id, since=0)
    return new >= max(FEWEST, SHARE * known)
