"""Several requests in one thread: each runs until it asks for what is better done for many, and all of that is done at
once.

Threads would take turns at the interpreter some thirty times a comment, since each call that leaves it gives it up;
here nobody else wants it.
"""

from collections.abc import Callable, Iterable

import structlog
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from moderation.storage import together
from moderation.storage.together import GATHERER, Asked

log = structlog.get_logger(__name__)


class Lane:
    """For one thread."""

    def __init__(self) -> None:
        self._hub = getcurrent()
        self._asked: list[tuple[Asked, greenlet]] = []

    def run(self, tasks: Iterable[Callable[[], None]]) -> None:
        """Until all are done."""
        self._hub = getcurrent()
        for task in tasks:
            greenlet(self._gathered).switch(task)
        while self._asked:
            first = self._asked[0][0]
            batch = [one for one in self._asked if one[0].together is first.together][: first.together.most]
            taken = {asked for asked, _ in batch}
            self._asked = [one for one in self._asked if one[0] not in taken]
            together.do([asked.piece for asked, _ in batch], first.work)
            for _, waiting in batch:
                waiting.switch()

    def _gathered(self, task: Callable[[], None]) -> None:
        GATHERER.set(self)  # in this greenlet's own context
        try:
            task()
        except Exception as error:
            # The others of the turn are still to be answered.
            log.error("lane.task_failed", error=type(error).__name__)

    def gather(self, asked: Asked) -> None:
        """Comes back once it is answered."""
        self._asked.append((asked, getcurrent()))
        self._hub.switch()
