"""Deciding and undoing: the first of two wins, nothing of a person's is overwritten, everything is on record."""

import json
import threading
from collections import Counter

import pytest
from sqlalchemy import select

from moderation.domain.comment import Look, State
from moderation.domain.decision import Decision
from moderation.domain.reason import Reason
from moderation.services import claim, review
from moderation.services.review import Conflict, Decide, Decided
from moderation.storage import comments, history
from moderation.storage.ids import new_id
from moderation.storage.schema import audit_events, authors, decisions, threads
from moderation.wiring import Wiring
from tests.support import moderating as desk
from tests.support.moderating import Person


def decide(
    wiring: Wiring, who: Person, comment_id: str, verdict: State, version: int = 1, reason: Reason | None = None
) -> Decided | Conflict:
    return review.decide(wiring, Decide(who.id, comment_id, version, verdict, reason))


def stored(wiring: Wiring, comment_id: str) -> tuple[str, int]:
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None
    return row.state, row.version


def test_a_decision_moves_state_counts_and_log_together(wiring: Wiring) -> None:
    who, comment_id = desk.moderator(wiring), desk.comment(wiring)
    done = decide(wiring, who, comment_id, State.REJECTED, reason=Reason.INSULT)
    assert isinstance(done, Decided)
    assert stored(wiring, comment_id) == ("rejected", 2)
    with wiring.database.read() as conn:
        row = conn.execute(select(decisions).where(decisions.c.id == done.decision_id)).one()
        assert (row.look, row.decided_by, row.reason, row.version) == (
            "moderator",
            f"moderator:{who.id}",
            "insult",
            2,
        )
        assert conn.execute(select(authors.c.rejected)).scalar_one() == 1
        event = conn.execute(select(audit_events).where(audit_events.c.action == "comment.moderator")).one()
    assert json.loads(event.details)["decision"] == done.decision_id


def test_the_second_moderator_is_told_who_decided_what_and_when(wiring: Wiring) -> None:
    ines, omar, comment_id = desk.moderator(wiring), desk.moderator(wiring, "Omar"), desk.comment(wiring)
    assert isinstance(decide(wiring, ines, comment_id, State.APPROVED), Decided)
    refused = decide(wiring, omar, comment_id, State.REJECTED)
    assert isinstance(refused, Conflict)
    assert (refused.decision.moderator, refused.decision.state_after, refused.version) == ("Ines", "approved", 2)
    assert stored(wiring, comment_id) == ("approved", 2)
    # Deciding over it is a decision of its own, on the version of the conflict.
    assert isinstance(decide(wiring, omar, comment_id, State.REJECTED, refused.version), Decided)
    assert stored(wiring, comment_id) == ("rejected", 3)


def test_a_workers_look_while_a_moderator_reads_is_no_conflict(wiring: Wiring) -> None:
    who, comment_id = desk.moderator(wiring), desk.comment(wiring)
    now = wiring.clock.now_us()
    look = Decision(
        id=new_id(now), site_id=desk.site(wiring).id, comment_id=comment_id, revision=1, version_before=1,
        look=Look.SECOND, state_before=State.PENDING, state_after=State.PENDING, decided_by="system", at=now,
        band=None,
    )  # fmt: skip
    with wiring.database.read() as conn:
        band = comments.by_id(conn, comment_id).band  # type: ignore[union-attr]
    look = Decision(**{name: getattr(look, name) for name in look.__slots__} | {"band": band})  # type: ignore[arg-type]
    assert wiring.database.write(lambda conn: comments.apply(conn, look))
    assert isinstance(decide(wiring, who, comment_id, State.APPROVED, version=1), Decided)
    assert stored(wiring, comment_id) == ("approved", 3)


def test_a_version_that_never_was_is_a_conflict(wiring: Wiring) -> None:
    who, comment_id = desk.moderator(wiring), desk.comment(wiring)
    for version in (0, 7, -1):
        assert isinstance(decide(wiring, who, comment_id, State.APPROVED, version), Conflict)
    assert stored(wiring, comment_id) == ("pending", 1)


def test_a_decision_on_a_comment_that_another_holds_counts_if_it_is_first(wiring: Wiring) -> None:
    ines, omar, comment_id = desk.moderator(wiring), desk.moderator(wiring, "Omar"), desk.comment(wiring)
    assert claim.claim_next(wiring, ines.id, "pending") is not None
    assert isinstance(decide(wiring, omar, comment_id, State.SPAM), Decided)
    assert isinstance(decide(wiring, ines, comment_id, State.APPROVED), Conflict)


def test_undo_restores_what_was_and_leaves_both_on_record(wiring: Wiring) -> None:
    who, comment_id = desk.moderator(wiring), desk.comment(wiring)
    done = decide(wiring, who, comment_id, State.APPROVED)
    assert isinstance(done, Decided)
    with wiring.database.read() as conn:
        assert conn.execute(select(threads.c.approved)).scalar_one() == 1
    assert isinstance(review.undo(wiring, who.id, done.decision_id), Decided)
    assert stored(wiring, comment_id) == ("pending", 3)
    with wiring.database.read() as conn:
        assert conn.execute(select(threads.c.approved)).scalar_one() == 0
        assert conn.execute(select(authors.c.approved)).scalar_one() == 0
        looks = [row.look for row in history.since(conn, comment_id, 1)]
    assert looks == ["first", "moderator", "undo"]
    # Twice is a conflict, not a second step back.
    assert isinstance(review.undo(wiring, who.id, done.decision_id), Conflict)


def test_undo_is_refused_once_somebody_decided_since(wiring: Wiring) -> None:
    ines, omar, comment_id = desk.moderator(wiring), desk.moderator(wiring, "Omar"), desk.comment(wiring)
    first = decide(wiring, ines, comment_id, State.APPROVED)
    assert isinstance(first, Decided)
    decide(wiring, omar, comment_id, State.REJECTED, version=2)
    refused = review.undo(wiring, ines.id, first.decision_id)
    assert isinstance(refused, Conflict)
    assert refused.decision.moderator == "Omar"
    assert stored(wiring, comment_id)[0] == "rejected"


def test_nobody_undoes_what_another_decided(wiring: Wiring) -> None:
    ines, omar, comment_id = desk.moderator(wiring), desk.moderator(wiring, "Omar"), desk.comment(wiring)
    done = decide(wiring, ines, comment_id, State.APPROVED)
    assert isinstance(done, Decided)
    with pytest.raises(review.NotThere):
        review.undo(wiring, omar.id, done.decision_id)
    assert stored(wiring, comment_id)[0] == "approved"


@pytest.mark.timeout(300)
def test_two_moderators_racing_over_the_same_comments_decide_each_exactly_once(wiring: Wiring) -> None:
    """Both decide every comment at the same moment, held together by a barrier."""
    people = [desk.moderator(wiring), desk.moderator(wiring, "Omar")]
    ids = [desk.comment(wiring, f"The mayor is a clown, number {n}.", name=f"Reader{n} X") for n in range(60)]
    barrier = threading.Barrier(2)
    outcomes: dict[str, list[Decided | Conflict]] = {comment_id: [] for comment_id in ids}

    def moderate(who: Person, verdict: State) -> None:
        for comment_id in ids:
            barrier.wait()
            outcomes[comment_id].append(decide(wiring, who, comment_id, verdict))

    pairs = zip(people, (State.APPROVED, State.REJECTED), strict=True)
    run = [threading.Thread(target=moderate, args=pair) for pair in pairs]
    for each in run:
        each.start()
    for each in run:
        each.join()
    for comment_id, pair in outcomes.items():
        assert Counter(type(outcome) for outcome in pair) == {Decided: 1, Conflict: 1}, comment_id
    with wiring.database.read() as conn:
        made = Counter(
            conn.execute(select(decisions.c.comment_id).where(decisions.c.look == "moderator")).scalars()
        )
    assert set(made.values()) == {1}
    assert len(made) == len(ids)
