"""Whoever can write to Redis must not run code in a worker: planted jobs are refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from rq import Callback, Queue
from rq.utils import import_attribute

from moderation.outbound import queue as job_queue
from moderation.services.precedents import PrecedentMemory
from queue_workers import process
from queue_workers.heartbeat import Heartbeat
from queue_workers.known_job import ALLOWED
from queue_workers.worker import Worker
from tests.services.looking import held, looks

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def test_each_job_that_is_handed_over_is_there_under_its_name() -> None:
    names = {name for name in vars(job_queue).values() if isinstance(name, str) and "queue_workers." in name}
    assert names == ALLOWED
    assert all(callable(import_attribute(name)) for name in names)


@pytest.fixture
def work(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Let a worker in this process empty the queue."""
    monkeypatch.setattr(process, "wired", lambda: wiring)
    monkeypatch.setattr(process, "precedents", lambda: PrecedentMemory(wiring))
    with redis.Redis.from_url(wiring.settings.redis_address) as client:
        yield lambda: Worker(wiring.queue.name, client, Heartbeat(wiring, "worker")).work(burst=True) and None


def _queue(wiring: Wiring, client: Any, serializer: str = "json") -> Queue:
    return Queue(wiring.queue.name, connection=client, serializer=serializer)


def test_a_worker_empties_the_queue(wiring: Wiring, work: Callable[[], None]) -> None:
    comment_id = held(wiring)
    wiring.queue.close()
    work()
    assert [one.look for one in looks(wiring, comment_id)] == ["first", "second"]
    assert wiring.queue.depth() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_planted_jobs_do_not_run(wiring: Wiring, work: Callable[[], None], tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    with redis.Redis.from_url(wiring.settings.redis_address) as client:
        queue = _queue(wiring, client)
        queue.enqueue_call("os.mkdir", args=[str(canary)])
        queue.enqueue_call(job_queue.LOOK_AGAIN, args=[[]], on_success=Callback("os.mkdir"))
        on_failure = queue.enqueue_call("os.mkdir", args=[str(canary)], on_failure=Callback("os.removedirs"))
        assert on_failure.failure_callback is not None
        pickled = _queue(wiring, client, "pickle").enqueue_call(job_queue.LOOK_AGAIN, args=[[]])
        client.hset(pickled.key, "data", pickle.dumps(_Bomb(str(canary))))
        comment_id = held(wiring)
        wiring.queue.hand_over([comment_id])
        work()
        assert not canary.exists()
        assert len(looks(wiring, comment_id)) == 2, "the worker lives and goes on"
        assert queue.failed_job_registry.count >= 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_bomb_would_go_off_in_a_plain_worker(wiring: Wiring, tmp_path: Path) -> None:
    """The control: without our job class and serializer the same job runs."""
    from rq import SimpleWorker

    canary = tmp_path / "canary"
    with redis.Redis.from_url(wiring.settings.redis_address) as client:
        queue = Queue("plain", connection=client)
        job = queue.enqueue_call("os.getcwd", result_ttl=0)
        client.hset(job.key, "data", pickle.dumps(_Bomb(str(canary))))
        SimpleWorker([queue], connection=client).work(burst=True)
    assert canary.exists()


class _Bomb:
    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.mkdir, (self._path,)


def test_what_a_job_raises_reaches_neither_redis_nor_the_log(
    wiring: Wiring,
    work: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = "canary-words-of-a-reader"

    def fail(*_: object) -> None:
        raise ValueError(secret)

    monkeypatch.setattr("moderation.services.floods.find", fail)
    comment_id = held(wiring, f"A remark with {secret} in it.")
    wiring.queue.close()
    work()
    assert len(looks(wiring, comment_id)) == 1
    assert "LookFailed" in caplog.text and secret not in caplog.text
    with redis.Redis.from_url(wiring.settings.redis_address) as client:
        queue = _queue(wiring, client)
        (failed,) = queue.failed_job_registry.get_job_ids()
        result = queue.fetch_job(failed).latest_result()  # type: ignore[union-attr]
        assert result is not None and "LookFailed: ValueError" in (result.exc_string or "")
        assert secret not in (result.exc_string or "")
