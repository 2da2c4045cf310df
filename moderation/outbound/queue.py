"""Hands ids of comments to the workers, through RQ; never text, and never in the way of a request.

What is lost here is lost for two seconds at most: the outbox in SQL knows what is due, and the sweeper
hands it over again. So nothing waits for Redis, and nothing fails when it is away.
"""

import os
import queue
import threading
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from rq import Queue

LOOK_AGAIN = "queue_workers.jobs.look_again"
MOST_IN_A_JOB = 256
MOST_WAITING = 20_000
COALESCE_S = 0.05
TIMEOUT_S = 0.5
AWAY_S = 1.0
JOB_TIMEOUT_S = 60
# A job that nobody took within this time is a hint gone stale: the sweeper has given another by then.
JOB_TTL_S = 600
# RQ would keep what failed for a year.
FAILURE_TTL_S = 300

log = structlog.get_logger(__name__)


def queue_name(prefix: str) -> str:
    return f"{prefix}-look_again"


class JobQueue:
    """One per process; its thread starts with the first id, again after a fork."""

    def __init__(self, redis_url: str, *, prefix: str) -> None:
        self._url = redis_url
        self.name = queue_name(prefix)
        self._reset()
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _reset(this()))

    def _reset(self) -> None:
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._away_until = 0.0

    def submit(self, comment_id: str) -> None:
        """Pass this comment on soon. Never waits, never raises."""
        if self._thread is None:
            self._start()
        if self._waiting.qsize() < MOST_WAITING:  # or Redis is away or slow; the sweeper brings it back
            self._waiting.put(comment_id)

    def hand_over(self, comment_ids: Sequence[str]) -> bool:
        """Put one job in Redis now; False if Redis is away."""
        if not comment_ids:
            return True
        if time.monotonic() < self._away_until:
            return False
        try:
            self._rq.enqueue_call(
                LOOK_AGAIN, args=[list(comment_ids)], timeout=JOB_TIMEOUT_S, result_ttl=0, ttl=JOB_TTL_S,
                failure_ttl=FAILURE_TTL_S, description=f"look again at {len(comment_ids)}",
            )  # fmt: skip
        except redis.RedisError as error:
            if self._away_until == 0.0:
                log.warning("queue.away", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY_S
            return False
        if self._away_until:
            log.info("queue.back")
        self._away_until = 0.0
        return True

    def depth(self) -> int | None:
        """Jobs that wait in Redis; None if it is away."""
        try:
            return int(self._rq.count)
        except redis.RedisError:
            return None

    def ping(self) -> bool:
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def close(self) -> None:
        """Pass on what waits, if Redis lets us, and end the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=2)
        self._redis.close()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._pass_on, name="job-queue", daemon=True)
                thread.start()
                self._thread = thread

    def _pass_on(self) -> None:
        while True:
            ids, closing = self._gather()
            try:
                self.hand_over(ids)
            except Exception as error:
                # This thread must outlive any surprise; the sweeper has the ids.
                log.error("queue.failed", error=type(error).__name__, ids=len(ids))
            if closing:
                return

    def _gather(self) -> tuple[list[str], bool]:
        """What comes in within a moment of the first id."""
        first = self._waiting.get()
        if first is None:
            return [], True
        # Asleep, not waiting for each: a wake for every id costs the requests that send them.
        time.sleep(COALESCE_S)
        ids = [first]
        with suppress(queue.Empty):
            while len(ids) < MOST_IN_A_JOB:
                comment_id = self._waiting.get_nowait()
                if comment_id is None:
                    return ids, True
                ids.append(comment_id)
        return ids, False

    @cached_property
    def _redis(self) -> "redis.Redis":
        # One retry without a pause: an idle connection may have been cut while Redis is there again.
        return redis.Redis.from_url(
            self._url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 1)
        )

    @cached_property
    def _rq(self) -> "Queue":
        from rq import Queue  # at first use: a web process that never holds a comment never pays for it

        return Queue(self.name, connection=self._redis, serializer="json")


def _reset(job_queue: JobQueue | None) -> None:
    if job_queue is not None:
        job_queue._reset()
