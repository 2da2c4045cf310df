"""What Redis lost comes back; old rows go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select, update

from moderation.services import expire_claims, floods, look_again, sweep, tidy
from moderation.storage import heartbeats
from moderation.storage.schema import claims, moderators, near_duplicate_bands, outbox, sign_in_links
from moderation.storage.schema import heartbeats as heartbeats_table
from tests.services.looking import Scorer, held, unscored, waiting, with_scorer
from tests.support.processes import free_port

if TYPE_CHECKING:
    from moderation.wiring import Wiring

HOUR_US = 3_600_000_000


class Later:
    """A clock that is ahead."""

    def __init__(self, wiring: Wiring, by_us: int) -> None:
        self._clock = wiring.clock
        self._by_us = by_us

    def now_us(self) -> int:
        return self._clock.now_us() + self._by_us


def _later(wiring: Wiring, by_us: int) -> Wiring:
    return replace(wiring, clock=Later(wiring, by_us))  # type: ignore[arg-type]


def _count(wiring: Wiring, table) -> int:  # type: ignore[no-untyped-def]
    with wiring.database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def _forget_queue(wiring: Wiring) -> None:
    wiring.queue.close()
    wiring.redis.flushall()


def test_what_the_queue_forgot_is_handed_over_after_two_seconds(wiring: Wiring) -> None:
    ids = [held(wiring) for _ in range(5)]
    _forget_queue(wiring)
    assert sweep.run(wiring) == 0, "it may be on its way"
    later = _later(wiring, 3_000_000)
    assert sweep.run(later) == 5
    assert wiring.queue.depth() == 1
    assert set(sweep.due(later, limit=10)) == set(ids)


def test_what_a_worker_holds_is_not_handed_over_until_its_lease_is_out(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    _forget_queue(wiring)
    leased: list[int] = []
    scorer = Scorer(0.05, before=lambda: leased.append(sweep.run(_later(wiring, 3_000_000))))
    look_again.run(with_scorer(wiring, scorer), [comment_id])
    assert leased[0] == 0
    lost = unscored(wiring)
    wiring.database.write(
        lambda conn: conn.execute(
            update(outbox).where(outbox.c.comment_id == lost).values(lease="dead" * 6, attempts=1)
        )
    )
    assert sweep.run(_later(wiring, look_again.LEASE_US + 3_000_000)) == 1


def test_a_busy_queue_is_not_filled_further(wiring: Wiring) -> None:
    held(wiring)
    _forget_queue(wiring)
    for _ in range(sweep.ENOUGH_JOBS):
        wiring.queue.hand_over(["a" * 26])
    assert sweep.run(_later(wiring, 3_000_000)) == 0


def test_a_large_backlog_is_handed_over_in_bounds_with_a_share_for_the_newest(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [held(wiring) for _ in range(12)]
    later = _later(wiring, 3_000_000)
    assert sweep.due(later, limit=8) == [*ids[:6], ids[11], ids[10]]
    _forget_queue(wiring)
    monkeypatch.setattr(sweep, "MOST_AT_ONCE", 8)
    assert sweep.run(later) == 8


def test_without_redis_the_sweep_waits(wiring: Wiring) -> None:
    from moderation.outbound.queue import JobQueue

    held(wiring)
    away = replace(wiring, queue=JobQueue(f"redis://127.0.0.1:{free_port()}/0", prefix="test"))
    assert sweep.run(_later(away, 3_000_000)) == 0
    assert waiting(wiring) == 1


def test_expired_claims_are_forgotten_and_live_ones_kept(wiring: Wiring) -> None:
    old, live = held(wiring), held(wiring)
    now = wiring.clock.now_us()
    moderator = {
        "id": "m" * 26, "email": "mo@example.org", "name": "Mo", "role": "moderator", "password_hash": None,
        "disabled": False, "created_at": now,
    }  # fmt: skip
    row = {"moderator_id": "m" * 26, "claimed_at": now}
    wiring.database.write(
        lambda conn: (
            conn.execute(insert(moderators), moderator),
            conn.execute(
                insert(claims),
                [
                    {**row, "comment_id": old, "expires_at": now - 1},
                    {**row, "comment_id": live, "expires_at": now + HOUR_US},
                ],
            ),
        )
    )
    assert expire_claims.run(wiring) == 1
    with wiring.database.read() as conn:
        assert conn.execute(select(claims.c.comment_id)).scalars().all() == [live]


def test_what_has_served_is_deleted_and_nothing_else(wiring: Wiring) -> None:
    held(wiring)
    floods.sign_recent(wiring)
    now = wiring.clock.now_us()
    wiring.database.write(lambda conn: heartbeats.beat(conn, "worker:one", at=now))
    moderator = {
        "id": "m" * 26, "email": "mo@example.org", "name": "Mo", "role": "moderator", "password_hash": None,
        "disabled": False, "created_at": now,
    }  # fmt: skip
    link = {"token_digest": "d" * 64, "moderator_id": "m" * 26, "expires_at": now, "used_at": None}
    wiring.database.write(
        lambda conn: (conn.execute(insert(moderators), moderator), conn.execute(insert(sign_in_links), link))
    )
    tables = (near_duplicate_bands, heartbeats_table, sign_in_links)
    assert tidy.run(wiring) == 0
    assert [_count(wiring, table) for table in tables] == [16, 1, 1]
    assert tidy.run(_later(wiring, 8 * 24 * HOUR_US)) == 16
    assert [_count(wiring, table) for table in tables] == [0, 0, 0]
