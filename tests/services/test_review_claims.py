"""Claims: no two moderators get the same comment as their next, and no claim outlives its holder for long."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from moderation.domain.comment import State
from moderation.services import claim, review, skip
from moderation.services.claim import Claim, Held
from moderation.services.review import Decide, Decided
from moderation.storage import view_counts
from moderation.storage.schema import claims, comments
from moderation.wiring import Clock, Wiring
from tests.support import moderating as desk

MINUTE_US = 60_000_000


class LaterClock(Clock):
    def __init__(self, by_us: int) -> None:
        self._by_us = by_us

    def now_us(self) -> int:
        return super().now_us() + self._by_us


def later(wiring: Wiring, minutes: int) -> Wiring:
    return replace(wiring, clock=LaterClock(minutes * MINUTE_US))


def several(wiring: Wiring, number: int) -> list[str]:
    return desk.queue(wiring, [f"The mayor is a clown, number {n}." for n in range(number)])


def next_id(wiring: Wiring, moderator_id: str, view: str = "pending") -> str | None:
    taken = claim.claim_next(wiring, moderator_id, view)
    return taken.comment_id if taken else None


def test_next_is_the_first_free_one_and_stays_ones_own(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    first, second = several(wiring, 2)
    assert [next_id(wiring, ines.id), next_id(wiring, ines.id)] == [first, first]
    assert next_id(wiring, omar.id) == second
    nora = desk.moderator(wiring, "Nora")
    assert next_id(wiring, nora.id) is None


def test_the_queue_is_read_in_the_order_of_its_key(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    ids = several(wiring, 3)
    urgent = ids[2]
    wiring.database.write(
        lambda conn: conn.execute(update(comments).where(comments.c.id == urgent).values(queue_key=-1))
    )
    assert next_id(wiring, ines.id) == urgent


def test_a_claim_ends_by_itself_and_a_heartbeat_keeps_it(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    (only,) = several(wiring, 1)
    assert next_id(wiring, ines.id) == only
    beat = claim.heartbeat(later(wiring, 4), ines.id, only)
    assert beat is not None and beat.until is not None
    assert next_id(later(wiring, 6), omar.id) is None
    assert next_id(later(wiring, 10), omar.id) == only
    lost = claim.heartbeat(later(wiring, 10), ines.id, only)
    assert lost is not None and lost.until is None
    assert lost.held is not None and lost.held.by == "Omar"


def test_naming_a_comment_that_another_reads_tells_who_does(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    (only,) = several(wiring, 1)
    assert isinstance(claim.claim(wiring, ines.id, only), Claim)
    held = claim.claim(wiring, omar.id, only)
    assert isinstance(held, Held) and held.by == "Ines"


def test_going_on_gives_the_comment_before_back(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    first, second = several(wiring, 2)
    assert next_id(wiring, ines.id) == first
    assert isinstance(claim.claim(wiring, ines.id, second), Claim)
    assert next_id(wiring, omar.id) == first


def test_a_late_release_does_not_end_a_newer_claim(wiring: Wiring) -> None:
    """The page that is left says so by a beacon, which may arrive after the reload took the comment again."""
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    (only,) = several(wiring, 1)
    old = claim.claim_next(wiring, ines.id, "pending")
    new = claim.claim_next(later(wiring, 1), ines.id, "pending")
    assert old is not None and new is not None
    assert not claim.release(wiring, ines.id, only, old.claimed_at)
    assert next_id(wiring, omar.id) is None
    assert claim.release(wiring, ines.id, only, new.claimed_at)
    assert next_id(wiring, omar.id) == only


def test_a_skipped_comment_is_left_to_others_until_the_next_round(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    first, second = several(wiring, 2)
    assert next_id(wiring, ines.id) == first
    assert skip.skip(wiring, ines.id, first)
    assert next_id(wiring, ines.id) == second
    assert next_id(wiring, omar.id) == first
    claim.release(wiring, omar.id, first)
    skip.skip(wiring, ines.id, second)
    assert next_id(wiring, ines.id) is None
    skip.new_round(wiring, ines.id)
    assert next_id(wiring, ines.id) == first


def test_a_decided_comment_holds_nobody(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    first, second = several(wiring, 2)
    assert next_id(wiring, ines.id) == first
    assert isinstance(review.decide(wiring, Decide(ines.id, first, 1, State.SPAM)), Decided)
    assert next_id(wiring, ines.id) == second
    with wiring.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(claims)).scalar_one() == 1


@pytest.mark.timeout(300)
def test_many_moderators_working_at_once_never_read_the_same_comment(wiring: Wiring) -> None:
    """Six of them empty a queue together; each comment is handed out once and decided once."""
    people = [desk.moderator(wiring, f"Person{n}") for n in range(6)]
    ids = several(wiring, 60)
    read: list[tuple[str, str]] = []
    barrier = threading.Barrier(len(people))

    def work(moderator_id: str) -> None:
        barrier.wait()
        while (comment_id := next_id(wiring, moderator_id)) is not None:
            read.append((moderator_id, comment_id))
            done = review.decide(wiring, Decide(moderator_id, comment_id, 1, State.APPROVED))
            assert isinstance(done, Decided)

    run = [threading.Thread(target=work, args=(person.id,)) for person in people]
    for each in run:
        each.start()
    for each in run:
        each.join()
    assert sorted(comment_id for _, comment_id in read) == sorted(ids)
    assert len({moderator_id for moderator_id, _ in read}) > 1


def test_counts_tell_how_many_and_since_when(wiring: Wiring) -> None:
    first, *_ = several(wiring, 3)
    with wiring.database.read() as conn:
        counted = view_counts.counts(conn, [desk.site(wiring).id])
        oldest = conn.execute(select(comments.c.created_at).where(comments.c.id == first)).scalar_one()
    assert (counted["pending"].count, counted["pending"].oldest) == (3, oldest)
    assert counted["approved"].count == 0
