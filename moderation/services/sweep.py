"""Hand over again what is due and nobody looks at: SQL says what that is, so Redis may forget everything."""

import random
from typing import TYPE_CHECKING

from moderation.outbound.queue import MOST_IN_A_JOB
from moderation.storage import outbox

if TYPE_CHECKING:
    from moderation.wiring import Wiring

# What came in a moment ago is on its way through the queue.
GRACE_US = 2_000_000
MOST_AT_ONCE = 4 * MOST_IN_A_JOB
# With so many jobs waiting the workers have enough to do; more would only be the same ids again.
ENOUGH_JOBS = 8


def run(wiring: "Wiring") -> int:
    """How many comments were handed over."""
    waiting = wiring.queue.depth()
    if waiting is None or waiting >= ENOUGH_JOBS:
        return 0
    ids = due(wiring, limit=MOST_AT_ONCE)
    random.shuffle(ids)  # two clocks do not hand over the same jobs
    handed_over = 0
    for start in range(0, len(ids), MOST_IN_A_JOB):
        some = ids[start : start + MOST_IN_A_JOB]
        if not wiring.queue.hand_over(some):
            break
        handed_over += len(some)
    return handed_over


def due(wiring: "Wiring", *, limit: int) -> list[str]:
    """Comments: the oldest, and a quarter for the newest, whose readers are still on the page. Texts that other
    programs showed us beside them."""
    now = wiring.clock.now_us() - GRACE_US
    with wiring.database.read() as conn:
        oldest = outbox.due(conn, kind=outbox.SECOND_LOOK, now=now, limit=limit - limit // 4)
        newest = outbox.due(conn, kind=outbox.SECOND_LOOK, now=now, limit=limit // 4, newest=True)
        shown = outbox.due(conn, kind=outbox.SHOWN_TEXT, now=now, limit=limit // 4)
    return list(dict.fromkeys([*oldest, *newest, *shown]))
