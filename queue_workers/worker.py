"""A worker: takes batches of ids from the queue and gives those comments their second look.

While Redis is away it asks SQL itself what is due, so the second look goes on, only less promptly.
"""

import faulthandler
import os
import secrets
import signal
import socket
import threading
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job

from moderation.outbound.queue import JOB_TIMEOUT_S
from moderation.services import sweep
from moderation.storage.database import Unavailable
from queue_workers import jobs, process
from queue_workers.heartbeat import Heartbeat
from queue_workers.known_job import KnownJob

if TYPE_CHECKING:
    from moderation.wiring import Wiring

# RQ waits for a job no longer than this, and only then looks after its registries and our heartbeat.
BLOCK_S = 5
WORKER_TTL_S = 45
MAINTENANCE_EVERY_S = 30
ASK_SQL_EVERY_S = 2.0
MOST_FROM_SQL = 64
# A job that even its timeout cannot end (inside C code, say) ends the process; its lease runs out.
HANGS_AFTER_S = JOB_TIMEOUT_S + 30

log = structlog.get_logger(__name__)


class Worker(SimpleWorker):
    """RQ's loop in this process, with the model warm; it ends when Redis goes away or when asked to."""

    def __init__(self, queue: str, connection: "redis.Redis", heartbeat: Heartbeat) -> None:
        super().__init__(
            [queue], name=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}", connection=connection,
            worker_ttl=WORKER_TTL_S, maintenance_interval=MAINTENANCE_EVERY_S, job_class=KnownJob,
            serializer="json", log_job_description=False,
        )  # fmt: skip
        self._beat = heartbeat
        self.stopped = False

    @property
    def dequeue_timeout(self) -> int:
        return BLOCK_S

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """RQ's own would sit out an outage of Redis here, for up to a minute at a time."""
        self.set_state("idle")
        try:
            while True:
                self.heartbeat()
                if self.should_run_maintenance_tasks:
                    self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
                with suppress(DequeueTimeout):
                    return self._dequeue(timeout)
        except redis.ConnectionError as error:
            raise redis.TimeoutError("Redis is away") from error

    def _dequeue(self, timeout: int | None) -> tuple[Job, Queue] | None:
        found = self.queue_class.dequeue_any(
            self._ordered_queues, timeout, connection=self.connection, job_class=self.job_class,
            serializer=self.serializer, death_penalty_class=self.death_penalty_class,
        )  # fmt: skip
        if found is not None:
            found[0].redis_server_version = self.get_redis_server_version()  # type: ignore[no-untyped-call]
        return found

    def execute_job(self, job: Job, queue: Queue) -> None:
        faulthandler.dump_traceback_later(HANGS_AFTER_S, exit=True)
        try:
            super().execute_job(job, queue)
        finally:
            faulthandler.cancel_dump_traceback_later()

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        self._beat()
        if pipeline is None and not self.connection.sismember(self.redis_workers_keys, self.key):
            # Redis was flushed, or lost what it had.
            self.connection.hset(self.key, mapping=self.serialize())
            worker_registration.register(self)
        super().heartbeat(timeout, pipeline)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopped = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        with suppress(redis.RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    def register_death(self) -> None:
        with suppress(redis.RedisError):
            super().register_death()  # type: ignore[no-untyped-call]

    def subscribe(self) -> None:
        """Take no commands from Redis."""


def main(wiring: "Wiring") -> int:
    stop = threading.Event()
    heartbeat = Heartbeat(wiring, "worker")
    # Reading the encoder takes seconds, which no lease has to spare.
    missing = process.second_look().warm_up()
    if missing is not None:
        log.warning("worker.without_second_look", reason=missing)
    with suppress(StopRequested):
        while not stop.is_set():
            _stop_on_signals(stop)
            if _work_from_queue(wiring, heartbeat):
                break
            _stop_on_signals(stop)
            heartbeat()
            if not _work_from_sql(wiring):
                stop.wait(ASK_SQL_EVERY_S)
    heartbeat.end()
    log.info("worker.ended")
    return 0


def _work_from_queue(wiring: "Wiring", heartbeat: Heartbeat) -> bool:
    """Until Redis fails us (False) or somebody asks for an end (True)."""
    if not wiring.queue.ping():
        log.warning("worker.without_redis")
        return False
    connection = redis.Redis.from_url(
        wiring.settings.redis_address, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    try:
        worker = Worker(wiring.queue.name, connection, heartbeat)
        log.info("worker.listening", queue=wiring.queue.name)
        worker.work(logging_level="WARNING")
        return worker.stopped
    except redis.RedisError as error:
        log.warning("worker.lost_redis", error=type(error).__name__)
        return False
    finally:
        connection.close()


def _work_from_sql(wiring: "Wiring") -> bool:
    """One batch of what is due; False if there was nothing, or no way to do it."""
    with suppress(Unavailable, jobs.LookFailed):
        due = sweep.due(wiring, limit=MOST_FROM_SQL)
        if due:
            jobs.look_again(due)
            return True
    return False


def _stop_on_signals(stop: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
