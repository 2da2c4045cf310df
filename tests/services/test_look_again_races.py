"""Provoked races: each would decide twice, or over a person's head, without the lease or the compare-and-set."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from moderation.domain.comment import Look, State
from moderation.services import look_again
from moderation.wiring import build
from tests.services.looking import (
    Scorer,
    comment,
    decide_as_moderator,
    looks,
    make_due,
    unscored,
    waiting,
    with_scorer,
    work,
)

if TYPE_CHECKING:
    from config.settings import Settings
    from moderation.wiring import Wiring


@pytest.fixture
def other_wiring(settings: Settings, wiring: Wiring):  # type: ignore[no-untyped-def]
    """A second worker's own connections to the same database."""
    with closing(build(settings)) as built:
        yield built


def test_two_workers_with_the_same_ids_decide_each_once(wiring: Wiring, other_wiring: Wiring) -> None:
    ids = [unscored(wiring) for _ in range(20)]
    together = threading.Barrier(2)

    def work_on(own: Wiring) -> dict[str, int]:
        together.wait(10)
        return look_again.run(with_scorer(own, Scorer(0.05)), ids)

    with ThreadPoolExecutor(2) as workers:
        counts = list(workers.map(work_on, (wiring, other_wiring)))
    assert sum(each.get("approved", 0) for each in counts) == 20
    assert all(set(each) <= {"approved"} for each in counts)
    assert [len(looks(wiring, one)) for one in ids] == [2] * 20
    assert waiting(wiring) == 0


def test_a_worker_that_sleeps_past_its_lease_changes_nothing(wiring: Wiring, other_wiring: Wiring) -> None:
    comment_id = unscored(wiring)

    def sleep_while_another_worker_does_it() -> None:
        make_due(wiring)
        other = with_scorer(other_wiring, Scorer(0.95))
        assert look_again.run(other, [comment_id]) == {"rejected": 1}

    sleepy = Scorer(0.05, before=sleep_while_another_worker_does_it)
    assert look_again.run(with_scorer(wiring, sleepy), [comment_id]) == {"lease_lost": 1}
    assert comment(wiring, comment_id).state == State.REJECTED
    assert len(looks(wiring, comment_id)) == 2


def test_the_lease_alone_keeps_a_sleeper_out_while_another_still_works(
    wiring: Wiring, other_wiring: Wiring
) -> None:
    """The row is there and the comment unchanged; only the fencing token tells them apart."""
    comment_id = unscored(wiring)

    def lose_the_lease() -> None:
        make_due(wiring)
        awake = with_scorer(other_wiring, Scorer(0.95, before=lambda: results.append(finish_late())))
        assert look_again.run(awake, [comment_id]) == {"rejected": 1}

    results: list[bool] = []
    sleepy_token: list[str] = []

    def finish_late() -> bool:
        from moderation.storage import outbox

        row = work(wiring, comment_id)
        assert row.lease != sleepy_token[0]
        return wiring.database.write(lambda conn: outbox.finish(conn, id=row.id, token=sleepy_token[0]))

    def first() -> None:
        sleepy_token.append(work(wiring, comment_id).lease)
        lose_the_lease()

    assert look_again.run(with_scorer(wiring, Scorer(0.05, before=first)), [comment_id]) == {"lease_lost": 1}
    assert results == [False]
    assert comment(wiring, comment_id).state == State.REJECTED


def test_a_moderator_who_decides_while_the_worker_scores_is_not_overruled(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    scorer = Scorer(0.05, before=lambda: decide_as_moderator(wiring, comment_id, State.REJECTED))
    assert look_again.run(with_scorer(wiring, scorer), [comment_id]) == {"late": 1}
    assert comment(wiring, comment_id).state == State.REJECTED
    assert [one.look for one in looks(wiring, comment_id)] == ["first", "moderator"]
    assert waiting(wiring) == 0


def test_a_comment_that_a_moderator_put_back_is_not_decided_by_a_machine(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    decide_as_moderator(wiring, comment_id, State.REJECTED)
    decide_as_moderator(wiring, comment_id, State.PENDING)
    assert look_again.run(with_scorer(wiring, Scorer(0.05)), [comment_id]) == {"dropped": 1}
    assert comment(wiring, comment_id).state == State.PENDING


def test_moderators_and_workers_racing_leave_one_decision_in_force_each(
    wiring: Wiring, other_wiring: Wiring
) -> None:
    ids = [unscored(wiring) for _ in range(30)]
    together = threading.Barrier(2)

    def moderate() -> int:
        together.wait(10)
        decided = 0
        for one in ids:
            try:
                decide_as_moderator(other_wiring, one, State.REJECTED)
                decided += 1
            except AssertionError:
                pass  # the worker was faster: the moderator sees a conflict
        return decided

    def look() -> dict[str, int]:
        together.wait(10)
        counts: dict[str, int] = {}
        for one in ids:
            for outcome, count in look_again.run(with_scorer(wiring, Scorer(0.05)), [one]).items():
                counts[outcome] = counts.get(outcome, 0) + count
        return counts

    with ThreadPoolExecutor(2) as pool:
        moderated, looked = pool.submit(moderate), pool.submit(look)
        by_people, by_machine = moderated.result(60), looked.result(60)
    assert sum(by_machine.values()) == 30
    for one in ids:
        history = looks(wiring, one)
        assert [decision.version for decision in history] == list(range(1, len(history) + 1))
        assert [decision.state_before for decision in history[1:]] == [
            decision.state_after for decision in history[:-1]
        ]
        people = [decision for decision in history if decision.look == Look.MODERATOR]
        if people:
            assert history[-1].look == Look.MODERATOR, "nothing came after a person's decision"
            assert comment(wiring, one).state == State.REJECTED
    assert by_people == sum(looks(wiring, one)[-1].look == Look.MODERATOR for one in ids)
    assert waiting(wiring) == 0
