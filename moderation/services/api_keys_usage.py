"""How much each key is used, counted in the process and written every few seconds: no request waits for it.

A process that is killed loses the seconds since it last wrote; these figures are for a page, not for a bill.
"""

import atexit
import threading
import weakref
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from moderation.storage import api_keys
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

EVERY_S = 5.0
DAY_US = 86_400_000_000
MOST_BLOG = 255
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Used:
    """What one key was used for by one blog on one day."""

    blog: str
    day: int
    calls: int
    spam: int
    ham: int
    missed_spam: int
    false_positives: int


class Usage:
    """Counts calls and, from time to time, adds them to what is stored."""

    def __init__(self, wiring: "Wiring") -> None:
        # Weak: what is still to be written at the end keeps no application alive, and finds a closed one gone.
        self._database = weakref.ref(wiring.database)
        self._clock = wiring.clock
        self._counts: Counter[tuple[str, int, str, str]] = Counter()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def count(self, key_id: str, *what: str, blog: str = "") -> None:
        day = self._clock.now_us() // DAY_US
        with self._lock:
            for each in ("calls", *what):
                self._counts[key_id, day, blog[:MOST_BLOG], each] += 1
            if self._timer is None:
                self._timer = threading.Timer(EVERY_S, self.flush)
                self._timer.daemon = True
                self._timer.start()
                atexit.register(self.flush)

    def flush(self) -> None:
        with self._lock:
            counts, self._counts, self._timer = self._counts, Counter(), None
            atexit.unregister(self.flush)
        rows: dict[tuple[str, int, str], dict[str, object]] = {}
        for (key_id, day, blog, what), number in counts.items():
            row = rows.setdefault(
                (key_id, day, blog),
                {"key_id": key_id, "day": day, "blog": blog, **dict.fromkeys(api_keys.COUNTED, 0)},
            )
            row[what] = number
        database = self._database()
        if not rows or database is None:
            return
        try:
            database.write(lambda conn: api_keys.count(conn, rows.values()))
        except Exception as error:  # a database that is away, or closed as the process ends
            log.warning("usage.lost", error=type(error).__name__)

    def between(self, key_id: str, from_day: int, to_day: int) -> list[Used]:
        self.flush()
        database = self._database()
        assert database is not None  # whoever asks has it open
        with database.read() as conn:
            return [_used(row) for row in api_keys.used(conn, [key_id], from_day=from_day, to_day=to_day)]


def _used(row: Record) -> Used:
    return Used(row.blog, row.day, *(int(getattr(row, name)) for name in api_keys.COUNTED))
