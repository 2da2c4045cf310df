"""The real worker and clock as processes, with a Redis that forgets, dies and comes back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from sqlalchemy import select

from moderation.storage.schema import heartbeats, outbox
from moderation.wiring import build
from tests.services.looking import held, looks, waiting
from tests.support import settings as test_settings
from tests.support.processes import wait_until
from tests.support.redis import answers_ping
from tests.support.service import Service, running_service

if TYPE_CHECKING:
    from moderation.wiring import Wiring


@pytest.fixture
def background(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """Worker, clock and Redis."""
    with running_service(database_url, tmp_path, "worker", "clock") as service:
        yield service


@pytest.fixture
def desk(background: Service, tmp_path: Path) -> Iterator[Wiring]:
    """The web process's side, here: it posts comments that need a second look."""
    background_settings = test_settings.load(background.database_url, background.redis_url, tmp_path / "web")
    with closing(build(background_settings)) as wiring:
        yield wiring


def _wait_for_second_looks(wiring: Wiring, ids: list[str], *, within_s: float) -> None:
    wait_until(lambda: waiting(wiring) == 0, within_s=within_s, what="the second looks", every_s=0.1)
    assert [[one.look for one in looks(wiring, each)] for each in ids] == [["first", "second"]] * len(ids)


def _beating(wiring: Wiring) -> set[str]:
    with wiring.database.read() as conn:
        return {name.partition(":")[0] for name in conn.execute(select(heartbeats.c.name)).scalars()}


def test_redis_may_forget_die_and_come_back_and_every_comment_is_looked_at_once(
    background: Service, desk: Wiring
) -> None:
    wait_until(lambda: _beating(desk) == {"worker", "clock"}, within_s=20, what="the first signs of life")

    ids = [held(desk) for _ in range(20)]
    _wait_for_second_looks(desk, ids, within_s=5)

    background.kill("worker", signal.SIGSTOP)
    more = [held(desk) for _ in range(20)]
    desk.queue.close()
    with redis.Redis.from_url(background.redis_url) as client:
        client.flushall()
    background.kill("worker", signal.SIGCONT)
    _wait_for_second_looks(desk, more, within_s=15)
    with redis.Redis.from_url(background.redis_url) as client:
        wait_until(lambda: client.scard("rq:workers") == 1, within_s=10, what="the worker's name in Redis")

    background.kill("redis")
    without = [held(desk) for _ in range(20)]
    _wait_for_second_looks(desk, without, within_s=15)
    assert "worker.without_redis" in background.log("worker").read_text()

    background.start("redis")
    wait_until(lambda: answers_ping(background.redis_port), within_s=10, what="Redis's return")
    with redis.Redis.from_url(background.redis_url) as client:
        wait_until(lambda: client.scard("rq:workers") == 1, within_s=10, what="the worker's return")
    after = [held(desk) for _ in range(20)]
    _wait_for_second_looks(desk, after, within_s=10)

    log = background.log("worker").read_text() + background.log("clock").read_text()
    assert "Traceback" not in log
    assert "unhandled exception" not in log


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_is_asked_to_end_leaves_nothing_half_done(background: Service, desk: Wiring) -> None:
    wait_until(lambda: _beating(desk) == {"worker", "clock"}, within_s=20, what="the first signs of life")
    background.kill("worker", signal.SIGSTOP)
    ids = [held(desk) for _ in range(200)]
    desk.queue.close()
    background.kill("worker", signal.SIGCONT)
    wait_until(lambda: waiting(desk) < len(ids), within_s=10, what="the first batch", every_s=0.005)
    worker = background.pid("worker")
    background.kill("worker", signal.SIGTERM)
    wait_until(lambda: not Path(f"/proc/{worker}/exe").exists(), within_s=10, what="the worker's end")
    with desk.database.read() as conn:
        assert conn.execute(select(outbox.c.id).where(outbox.c.lease.is_not(None))).all() == []
    assert "worker.ended" in background.log("worker").read_text()
    assert _beating(desk) == {"clock"}
