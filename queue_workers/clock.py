"""The clock: what must happen though nobody asks. Several may run; each does what the others left.

No job does these things, since jobs live in Redis and this is what makes up for Redis.
"""

import random
import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from moderation.services import (
    comment_languages,
    count_days,
    decide_many,
    expire_claims,
    seal_log,
    search,
    sweep,
    tally,
    tidy,
    watch_budgets,
    watch_scores,
)
from moderation.storage.database import Unavailable
from queue_workers.heartbeat import Heartbeat
from queue_workers.retrainer import EVERY_S as RETRAIN_EVERY_S
from queue_workers.retrainer import Retrainer

if TYPE_CHECKING:
    from moderation.wiring import Wiring

SWEEP_EVERY_S = 2.0
EXPIRE_CLAIMS_EVERY_S = 15.0
TIDY_EVERY_S = 3600.0
INDEX_EVERY_S = 2.0
LANGUAGES_EVERY_S = 10.0
BULK_EVERY_S = 2.0
SEAL_EVERY_S = 2.0
TALLY_EVERY_S = 60.0
CHECK_TALLIES_EVERY_S = 86_400.0
COUNT_DAYS_EVERY_S = 90.0
MEASURE_ERRORS_EVERY_S = 600.0
WATCH_SCORES_EVERY_S = 3600.0
SEAL_FAR_BACK_EVERY_S = 600.0

log = structlog.get_logger(__name__)


class Every:
    """Does something no more often than every so many seconds; a failure waits for the next time."""

    def __init__(self, seconds: float, task: Callable[["Wiring"], int], name: str, *, quiet: bool = False) -> None:
        self._seconds = seconds
        self._task = task
        self._name = name
        self._quiet = quiet
        self._due = 0.0

    def __call__(self, wiring: "Wiring") -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._seconds * random.uniform(0.9, 1.1)
        try:
            done = self._task(wiring)
        except Unavailable:
            log.warning("clock.no_database", task=self._name)
        except Exception as error:
            log.error("clock.failed", task=self._name, error=type(error).__name__)
        else:
            if done and not self._quiet:
                log.info("clock.done", task=self._name, count=done)


def main(wiring: "Wiring") -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    heartbeat = Heartbeat(wiring, "clock")
    retrainer = Retrainer()
    tasks = (
        Every(SWEEP_EVERY_S, sweep.run, "sweep"),
        Every(EXPIRE_CLAIMS_EVERY_S, expire_claims.run, "expire_claims"),
        Every(TIDY_EVERY_S, tidy.run, "tidy"),
        Every(watch_budgets.EVERY_US / 1e6, watch_budgets.run, "watch_budgets"),
        Every(WATCH_SCORES_EVERY_S, watch_scores.run, "watch_scores"),
        Every(RETRAIN_EVERY_S, retrainer, "retrain"),
        Every(INDEX_EVERY_S, search.index, "search_index", quiet=True),
        Every(LANGUAGES_EVERY_S, comment_languages.run, "languages", quiet=True),
        Every(BULK_EVERY_S, decide_many.run_unfinished, "decide_many"),
        Every(SEAL_EVERY_S, seal_log.run, "seal_log", quiet=True),
        Every(TALLY_EVERY_S, tally.run, "tally", quiet=True),
        Every(CHECK_TALLIES_EVERY_S, tally.check, "check_tallies"),
        Every(COUNT_DAYS_EVERY_S, count_days.run, "count_days", quiet=True),
        Every(MEASURE_ERRORS_EVERY_S, count_days.run_errors, "measure_errors", quiet=True),
        Every(SEAL_FAR_BACK_EVERY_S, seal_log.run_far_back, "seal_log_far_back"),
    )
    while not stop.is_set():
        heartbeat()
        for task in tasks:
            task(wiring)
        stop.wait(SWEEP_EVERY_S / 4)
    retrainer.end()
    heartbeat.end()
    return 0
