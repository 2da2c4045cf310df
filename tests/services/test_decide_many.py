"""One decision on many comments, taken back whole; what others decide meanwhile stays theirs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, update

from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.services import decide_many, review, tally
from moderation.services.decide_many import Chosen, Said, TooLate
from moderation.services.review import Decide, NotThere
from moderation.storage import notes, view_counts
from moderation.storage.ids import new_id
from moderation.storage.narrowing import Narrowing
from moderation.storage.schema import (
    authors,
    bulk_acts,
    comments,
    concerns,
    decision_texts,
    decisions,
    labels,
    outbox,
    revisions,
    threads,
)
from moderation.wiring import Wiring
from tests.support import moderating as desk


def states(wiring: Wiring) -> dict[str, str]:
    with wiring.database.read() as conn:
        return {row.id: row.state for row in conn.execute(select(comments.c.id, comments.c.state))}


def tallies(wiring: Wiring) -> list[tuple[int, ...]]:
    with wiring.database.read() as conn:
        rows = conn.execute(select(authors.c.approved, authors.c.rejected, authors.c.spam).order_by(authors.c.id))
        shown = conn.execute(select(threads.c.approved).order_by(threads.c.id))
        return [*map(tuple, rows), *map(tuple, shown)]


def run_to_the_end(wiring: Wiring, bulk_id: str) -> None:
    while decide_many.run(wiring, bulk_id):
        pass


@contextmanager
def many(wiring: Wiring, count: int) -> Iterator[None]:
    """Copies of one held comment, as rows: the way in is not what is tried here."""
    first = desk.comment(wiring, "Buy cheap followers at our shop, clown.", email="flood@readers.test")

    def work(conn) -> None:  # type: ignore[no-untyped-def]
        tables = (comments, comments.c.id), (revisions, revisions.c.comment_id), (decisions, decisions.c.comment_id)
        rows = [dict(conn.execute(select(table).where(key == first)).one()._mapping) for table, key in tables]
        ids = [new_id(place * 1000) for place in range(1, count)]
        mixed = [State.PENDING, State.PENDING, State.APPROVED, State.REJECTED]
        conn.execute(comments.insert(), [
            rows[0] | {"id": one, "state": mixed[place % 4], "p_reject": place % 100 / 100, "queue_key": place}
            for place, one in enumerate(ids)
        ])  # fmt: skip
        conn.execute(revisions.insert(), [rows[1] | {"comment_id": one} for one in ids])
        conn.execute(decisions.insert(), [
            rows[2] | {"id": new_id(place * 1000), "comment_id": one, "state_after": mixed[place % 4]}
            for place, one in enumerate(ids)
        ])  # fmt: skip

    wiring.database.write(work)
    yield


def test_a_preview_says_what_would_happen_and_changes_nothing(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    with many(wiring, 40):
        before = states(wiring)
        found = decide_many.preview(wiring, ines.id, Chosen(Narrowing(low=0.2)), State.SPAM)
        assert sum(found.tally.values()) == found.changing and found.samples and not found.capped
        assert states(wiring) == before


def test_all_of_it_is_decided_and_all_of_it_comes_back(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    with many(wiring, 130):
        before, counted = states(wiring), tallies(wiring)
        bulk_id = decide_many.begin(wiring, ines.id, Chosen(Narrowing(low=0.5)), State.REJECTED, Said(Reason.SPAM))
        run_to_the_end(wiring, bulk_id)
        done = decide_many.progress(wiring, ines.id, bulk_id)
        assert done.finished and done.act.stage == "decided"
        changed = {one for one, state in states(wiring).items() if state != before[one]}
        assert len(changed) == done.act.total == done.endings["decided"] > 20
        assert {states(wiring)[one] for one in changed} == {"rejected"}
        decide_many.undo(wiring, ines.id, bulk_id)
        run_to_the_end(wiring, bulk_id)
        assert decide_many.progress(wiring, ines.id, bulk_id).act.stage == "undone"
        assert states(wiring) == before and tallies(wiring) == counted


def test_what_somebody_else_decides_meanwhile_is_theirs_before_and_after(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    early, late, third = desk.queue(wiring, ["One clown.", "Two clowns.", "Three clowns."])
    bulk_id = decide_many.begin(wiring, ines.id, Chosen(Narrowing(), "pending"), State.SPAM)
    review.decide(wiring, Decide(omar.id, early, 1, State.APPROVED))
    run_to_the_end(wiring, bulk_id)
    assert decide_many.progress(wiring, ines.id, bulk_id).endings == {"decided": 2, "passed_over": 1}
    review.decide(wiring, Decide(omar.id, late, 2, State.APPROVED))
    decide_many.undo(wiring, ines.id, bulk_id)
    run_to_the_end(wiring, bulk_id)
    assert states(wiring) == {early: "approved", late: "approved", third: "pending"}
    assert decide_many.progress(wiring, ines.id, bulk_id).endings == {"undone": 1, "kept": 1, "passed_over": 1}


def test_the_clock_ends_what_nobody_waits_for_and_an_undo_stops_it_half_way(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    desk.queue(wiring, [f"Clown number {number}." for number in range(3)])
    before = states(wiring)
    bulk_id = decide_many.begin(wiring, ines.id, Chosen(Narrowing(), "pending"), State.SPAM)
    decide_many.undo(wiring, ines.id, bulk_id)
    decide_many.run_unfinished(wiring)
    assert states(wiring) == before
    bulk_id = decide_many.begin(wiring, ines.id, Chosen(Narrowing(), "pending"), State.SPAM)
    assert decide_many.run_unfinished(wiring) == 3
    assert set(states(wiring).values()) == {"spam"}


def test_it_is_undone_by_who_did_it_and_in_time(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    desk.comment(wiring)
    bulk_id = decide_many.begin(wiring, ines.id, Chosen(Narrowing(), "pending"), State.SPAM)
    run_to_the_end(wiring, bulk_id)
    with pytest.raises(NotThere):
        decide_many.undo(wiring, omar.id, bulk_id)
    with pytest.raises(NotThere):
        decide_many.progress(wiring, omar.id, bulk_id)
    wiring.database.write(lambda conn: conn.execute(update(bulk_acts).values(closes_at=1)))
    with pytest.raises(TooLate):
        decide_many.undo(wiring, ines.id, bulk_id)


def test_what_is_written_beside_it_stands_beside_each_decision_until_it_is_taken_back(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    ids = desk.queue(wiring, ["One clown.", "Two clowns."])
    said = Said(Reason.INSULT, for_team="The clown meme again.", for_author="Please argue without insults.")
    bulk_id = decide_many.begin(wiring, ines.id, Chosen(Narrowing()), State.REJECTED, said)
    run_to_the_end(wiring, bulk_id)

    def for_authors() -> list[str]:
        with wiring.database.read() as conn:
            return [notes.for_author(conn, one) for one in ids]

    with wiring.database.read() as conn:
        beside = conn.execute(select(decision_texts.c.for_team)).scalars().all()
    assert beside == ["The clown meme again."] * 2 and for_authors() == ["Please argue without insults."] * 2
    decide_many.undo(wiring, ines.id, bulk_id)
    run_to_the_end(wiring, bulk_id)
    assert for_authors() == ["", ""]


def whole(wiring: Wiring) -> tuple[object, ...]:
    """Everything that a decision moves and its undo must put back; and what would leave the house."""
    with wiring.database.snapshot() as conn:
        kept = [c for c in comments.c if c.name not in ("version", "decided_at")]
        return (
            conn.execute(select(*kept).order_by(comments.c.id)).all(),
            conn.execute(select(concerns).order_by(concerns.c.id)).all(),
            conn.execute(select(labels)).all(),
            conn.execute(select(outbox).order_by(outbox.c.id)).all(),
            view_counts.counts(conn, [desk.site(wiring).id]),
        )


@pytest.mark.parametrize("count", [pytest.param(200), pytest.param(10_000, marks=pytest.mark.long)])
def test_so_many_come_back_exactly_and_nothing_leaves_the_house(wiring: Wiring, count: int) -> None:
    ines = desk.moderator(wiring)
    with many(wiring, count):
        asked = list(states(wiring))[:: max(1, count // 50)]
        site_id = desk.site(wiring).id
        wiring.database.write(lambda conn: conn.execute(concerns.insert(), [
            {"id": new_id(1), "site_id": site_id, "comment_id": one, "revision": 1, "kind": "report",
             "once": one, "reason": "hate", "text": "", "raised_by": "reader:x", "created_at": 1}
            for one in asked
        ]))  # fmt: skip
        tally.run(wiring)
        before, counted = whole(wiring), tallies(wiring)
        bulk_id = decide_many.begin(wiring, ines.id, Chosen(Narrowing()), State.SPAM)
        run_to_the_end(wiring, bulk_id)
        assert set(states(wiring).values()) == {"spam"} and len(states(wiring)) == count
        decide_many.undo(wiring, ines.id, bulk_id)
        run_to_the_end(wiring, bulk_id)
        assert whole(wiring) == before and tallies(wiring) == counted and tally.check(wiring) == 0
