"""Handing ids over: coalesced, ids only, and never in a request's way."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import redis
from rq import Queue

from moderation.outbound import queue as job_queue
from moderation.outbound.queue import JobQueue
from moderation.storage.ids import new_id
from tests.support.processes import free_port, wait_until


@contextmanager
def _queue(url: str) -> Iterator[JobQueue]:
    with closing(JobQueue(url, prefix="test")) as one:
        yield one


def _jobs(url: str) -> list[list[str]]:
    """The ids of each waiting job."""
    with redis.Redis.from_url(url) as client:
        return [job.args[0] for job in Queue("test-look_again", connection=client, serializer="json").jobs]


def test_ids_are_coalesced_into_few_jobs_and_none_is_lost(redis_url: str) -> None:
    ids = [new_id(n) for n in range(600)]
    with _queue(redis_url) as queue:
        for one in ids:
            queue.submit(one)
        wait_until(lambda: sum(map(len, _jobs(redis_url))) == 600, within_s=5, what="handing over")
    jobs = _jobs(redis_url)
    assert [one for job in jobs for one in job] == ids
    assert max(map(len, jobs)) <= job_queue.MOST_IN_A_JOB
    assert len(jobs) <= 6


def test_what_waits_is_handed_over_when_the_process_ends(redis_url: str) -> None:
    with _queue(redis_url) as queue:
        queue.submit("a" * 26)
    assert _jobs(redis_url) == [["a" * 26]]


def test_a_job_carries_ids_alone_and_leaves_redis_by_itself(redis_url: str) -> None:
    with _queue(redis_url) as queue:
        assert queue.hand_over(["b" * 26])
        assert queue.depth() == 1
        assert queue.ping()
    with redis.Redis.from_url(redis_url) as client:
        (job,) = Queue("test-look_again", connection=client, serializer="json").jobs
        assert (job.func_name, job.args, job.kwargs) == (job_queue.LOOK_AGAIN, [["b" * 26]], {})
        assert job.result_ttl == 0
        assert job.failure_ttl == job_queue.FAILURE_TTL_S
        assert 0 < client.ttl(job.key) <= job_queue.JOB_TTL_S


def test_with_redis_away_ids_are_dropped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_queue, "MOST_WAITING", 100)
    with _queue(f"redis://127.0.0.1:{free_port()}/0") as queue:
        began = time.monotonic()
        for n in range(5_000):
            queue.submit(new_id(n))
        assert time.monotonic() - began < 5, "a request never waits for Redis: that would be half a second each"
        assert not queue.hand_over(["a" * 26])
        assert queue.depth() is None
        assert not queue.ping()


def test_a_redis_that_accepts_and_then_says_nothing_costs_half_a_second_once() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        _queue(f"redis://127.0.0.1:{silent.getsockname()[1]}/0") as queue,
    ):
        began = time.monotonic()
        assert not queue.hand_over(["a" * 26])
        assert time.monotonic() - began < 6 * job_queue.TIMEOUT_S  # on a busy machine
        began = time.monotonic()
        assert not queue.hand_over(["a" * 26]), "the breaker is open"
        assert time.monotonic() - began < 0.9 * job_queue.TIMEOUT_S


def test_it_comes_back_when_redis_does(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_queue, "AWAY_S", 0.2)
    with _queue(redis_url) as queue:
        with redis.Redis.from_url(redis_url) as client:
            client.config_set("maxmemory", 1)  # full: it answers, and refuses
            try:
                assert not queue.hand_over(["a" * 26])
            finally:
                client.config_set("maxmemory", 0)
        wait_until(lambda: queue.hand_over(["a" * 26]), within_s=5, what="the breaker's closing")


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_hands_over_what_it_takes(redis_url: str) -> None:
    """Gunicorn may load the application before it forks."""
    with _queue(redis_url) as queue:
        queue.submit("a" * 26)
        wait_until(lambda: _jobs(redis_url) == [["a" * 26]], within_s=5, what="the parent's job")
        child = os.fork()
        if child == 0:
            try:
                queue.submit("b" * 26)
                queue.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        queue.submit("c" * 26)
        wait_until(lambda: len(_jobs(redis_url)) == 3, within_s=5, what="the parent's second job")
    assert _jobs(redis_url) == [["a" * 26], ["b" * 26], ["c" * 26]]
