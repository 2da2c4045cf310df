"""Keep the counts of comments by state up with what changed, and make sure that they are right."""

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select

from moderation.storage import tallies
from moderation.storage.schema import comments, sites

if TYPE_CHECKING:
    from moderation.wiring import Wiring

log = structlog.get_logger(__name__)


def run(wiring: "Wiring") -> int:
    """How many comments grew old enough to be counted once and for all."""
    now = wiring.clock.now_us()
    return wiring.database.write(lambda conn: tallies.advance(conn, now=now))


def check(wiring: "Wiring") -> int:
    """Count everything and compare; how many counts differ. Then they are made anew, and somebody should know why."""
    with wiring.database.snapshot() as conn:
        known = tallies.counts(conn, list(conn.execute(select(sites.c.id)).scalars()))
        everything = select(comments.c.site_id, comments.c.state, func.count()).group_by(
            comments.c.site_id, comments.c.state
        )
        counted = {(site_id, state): number for site_id, state, number in conn.execute(everything)}
    told = {(site_id, state): number for site_id, states in known.items() for state, number in states.items() if number}
    wrong = {key for key in counted.keys() | told.keys() if counted.get(key, 0) != told.get(key, 0)}
    if wrong:
        log.error("tallies.differed", counts=len(wrong), sites=sorted({site_id for site_id, _ in wrong})[:5])
        wiring.database.write(tallies.forget)
    return len(wrong)
