"""Do the scores of what comes in spread as they did? An alarm in the log where they do not.

Another audience, a raid or a broken integration shows here before anybody has judged a comment. What a change of the
model does to its scores is no such change: only scores since the last one are compared.
"""

from typing import TYPE_CHECKING

import numpy as np
import structlog

from models.drift import PSI_ALARM, population_stability
from moderation.domain.site import Site
from moderation.services.realised_error import DAY_US
from moderation.storage import audit, scores

if TYPE_CHECKING:
    from moderation.wiring import Wiring

RECENT_DAYS, BEFORE_DAYS = 7, 28
FEWEST_SCORES = 500
ACTION = "scores.drift"
CHANGED_HEAD = ("head.promoted", "head.rolled_back")
CHANGED_MODEL = ("model.promoted", "model.rolled_back")

log = structlog.get_logger(__name__)


def run(wiring: "Wiring") -> int:
    """How many sites' scores gave alarm; each is told once until its recent days are other days."""
    return sum(_watch(wiring, site) for site in wiring.sites.every())


def shift(wiring: "Wiring", site: Site) -> float | None:
    """PSI between the scores of the last week and those of the four before it; None with too few."""
    now = wiring.clock.now_us()
    recent_from = now - RECENT_DAYS * DAY_US
    with wiring.database.read() as conn:
        changed = (
            audit.last_at(conn, f"site:{site.id}", CHANGED_HEAD), audit.last_of_models_at(conn, CHANGED_MODEL)
        )  # fmt: skip
        since = max(recent_from - BEFORE_DAYS * DAY_US, *(at or 0 for at in changed))
        if since >= recent_from:
            return None
        recent = scores.between(conn, site.id, since=recent_from, until=now)
        earlier = scores.between(conn, site.id, since=since, until=recent_from)
    if min(len(recent), len(earlier)) < FEWEST_SCORES:
        return None
    return population_stability(np.array(earlier), np.array(recent))


def _watch(wiring: "Wiring", site: Site) -> bool:
    now, subject = wiring.clock.now_us(), f"site:{site.id}"
    with wiring.database.read() as conn:
        told = audit.last_at(conn, subject, (ACTION,))
    if told is not None and now - told < RECENT_DAYS * DAY_US:
        return False
    index = shift(wiring, site)
    if index is None or index < PSI_ALARM:
        return False
    details = {"stability_index": round(index, 3), "alarm_from": PSI_ALARM, "days": RECENT_DAYS}
    log.warning(ACTION, site=site.key, **details)
    wiring.database.write(
        lambda conn: audit.record(
            conn, actor="system", action=ACTION, subject=subject, site_id=site.id, at=now, details=details
        )
    )  # fmt: skip
    return True
