"""Counts by state are exact whatever happens to old comments and new ones, alone, many at once, and in races."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from moderation.domain.comment import State
from moderation.services import decide_many, review, tally
from moderation.services.decide_many import Chosen
from moderation.services.review import Decide
from moderation.storage import tallies, view_counts
from moderation.storage.database import open_database
from moderation.storage.narrowing import Narrowing
from moderation.storage.schema import comments, tally_changes
from tests.support import moderating as desk

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from moderation.wiring import Wiring

HOUR_US = 3_600_000_000


def recounted(conn: Connection) -> dict[str, int]:
    rows = conn.execute(select(comments.c.state, func.count()).group_by(comments.c.state))
    return {row.state: row[1] for row in rows}


def told(wiring: Wiring, conn: Connection) -> dict[str, int]:
    found = tallies.counts(conn, [desk.site(wiring).id])[desk.site(wiring).id]
    return {state: number for state, number in found.items() if number}


def agrees(wiring: Wiring) -> bool:
    with wiring.database.snapshot() as conn:
        return told(wiring, conn) == recounted(conn)


def old_and_new(wiring: Wiring, number: int = 24) -> list[str]:
    """Held comments, most of them from hours ago."""
    now = wiring.clock.now_us()
    return [
        desk.comment(wiring, f"The mayor is clown number {place}.", name=f"Reader{place} X",
                     at=now - HOUR_US * 5 + place * 1_000_000 if place % 4 else None)
        for place in range(number)
    ]  # fmt: skip


def decide(wiring: Wiring, who: str, comment_id: str, verdict: State, version: int = 1) -> str:
    done = review.decide(wiring, Decide(who, comment_id, version, verdict, None))
    return str(getattr(done, "decision_id", ""))


def test_decisions_on_old_comments_and_their_undo_are_counted(wiring: Wiring) -> None:
    ids, ines = old_and_new(wiring), desk.moderator(wiring).id
    assert agrees(wiring)
    assert tally.run(wiring) == 18 and tally.run(wiring) == 0
    assert agrees(wiring)
    verdicts = [State.APPROVED, State.SPAM] * 12
    made = [decide(wiring, ines, one, verdict) for one, verdict in zip(ids, verdicts, strict=True)]
    assert agrees(wiring)
    for decision in made[::3]:
        review.undo(wiring, ines, decision)
    assert agrees(wiring)
    bulk_id = decide_many.begin(wiring, ines, Chosen(Narrowing()), State.REJECTED)
    decide_many.run(wiring, bulk_id)
    assert agrees(wiring)
    decide_many.undo(wiring, ines, bulk_id)
    decide_many.run(wiring, bulk_id)
    assert agrees(wiring) and tally.check(wiring) == 0
    with wiring.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(tally_changes)).scalar_one() > 0
        counted = view_counts.counts(conn, [desk.site(wiring).id])
    assert counted["pending"].count == recounted_pending(wiring)


def recounted_pending(wiring: Wiring) -> int:
    with wiring.database.read() as conn:
        return recounted(conn).get("pending", 0)


def test_the_horizon_moves_while_people_decide_and_nothing_is_counted_twice(wiring: Wiring) -> None:
    ids, ines = old_and_new(wiring, 40), desk.moderator(wiring).id
    dice, right = random.Random(3), []

    def moves(_: int) -> None:
        # As if minutes had passed between: the horizon goes from hour to hour through the comments being decided.
        at = wiring.clock.now_us() - 6 * HOUR_US + dice.randrange(2 * HOUR_US)
        wiring.database.write(lambda conn: tallies.advance(conn, now=at))
        right.append(agrees(wiring))

    with ThreadPoolExecutor(4) as pool:
        deciding = [pool.submit(decide, wiring, ines, one, State.APPROVED) for one in ids]
        moving = [pool.submit(moves, number) for number in range(25)]
        for each in (*deciding, *moving):
            each.result()
    tally.run(wiring)
    assert all(right) and agrees(wiring) and tally.check(wiring) == 0


def test_a_count_that_is_wrong_is_noticed_and_made_anew(wiring: Wiring) -> None:
    old_and_new(wiring)
    tally.run(wiring)
    wiring.database.write(lambda conn: conn.execute(text("UPDATE tallies SET number = number + 1")))
    assert not agrees(wiring) and tally.check(wiring) == 1 and agrees(wiring)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_young_comments_are_read(wiring: Wiring) -> None:
    with wiring.database.read() as conn:
        asked = tallies._counted(["a", "b"], "0").compile(conn.engine, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
    assert any("comments" in step and "(id>?)" in step for step in plan), plan


def test_what_another_site_holds_is_not_counted(wiring: Wiring) -> None:
    from moderation.services.sites import add_site

    old_and_new(wiring, 4)
    other = add_site(wiring.database, key="elsewhere", name="Elsewhere", origins=[], now=1)
    with wiring.database.read() as conn:
        assert view_counts.counts(conn, [other])["pending"].count == 0
        assert view_counts.counts(conn, [])["pending"].count == 0
        assert view_counts.counts(conn, [other, desk.site(wiring).id])["pending"].count == 4


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_horizon_waits_for_a_decision_that_is_not_committed_yet(wiring: Wiring) -> None:
    comment_id = old_and_new(wiring, 4)[1]
    other = open_database(wiring.settings.database_url)
    try:
        with other.engine.begin() as conn:
            conn.execute(comments.update().where(comments.c.id == comment_id).values(state="approved"))
            site_id, now = desk.site(wiring).id, wiring.clock.now_us()
            tallies.note(conn, [(comment_id, site_id, "pending", "approved")], at=now)
            with ThreadPoolExecutor(1) as pool:
                moving = pool.submit(tally.run, wiring)
                with pytest.raises(TimeoutError):
                    moving.result(timeout=0.5)
                conn.commit()
                moving.result()
    finally:
        other.close()
    assert agrees(wiring)
