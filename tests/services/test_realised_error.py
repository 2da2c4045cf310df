"""What people decide becomes labels, what the lot fell upon measures the machine, and neither leaks the other."""

import random

import pytest
from sqlalchemy import select, update

from moderation.domain.comment import State
from moderation.services import review
from moderation.services.realised_error import RealisedError, realised_errors
from moderation.services.review import Decide, Decided
from moderation.storage import labels as labels_store
from moderation.storage.schema import comments, decisions, labels
from moderation.wiring import Wiring
from tests.services import looking
from tests.support import moderating as desk
from tests.support.moderating import Person


def automatic(wiring: Wiring, p_reject: float, *, drawn: bool = True, probability: float = 0.02) -> str:
    """A comment that the machine decided alone; its id."""
    comment_id = looking.post(looking.with_scorer(wiring, looking.Scorer(p_reject)))
    assert looking.comment(wiring, comment_id).state != State.PENDING

    def fix_the_lot(conn: object) -> None:
        conn.execute(update(comments).where(comments.c.id == comment_id).values(audit_drawn=drawn))  # type: ignore[attr-defined]
        mine = update(decisions).where(decisions.c.comment_id == comment_id)
        conn.execute(mine.values(audit_probability=probability))  # type: ignore[attr-defined]

    wiring.database.write(fix_the_lot)
    return comment_id


def judge(wiring: Wiring, who: Person, comment_id: str, verdict: State) -> Decided:
    version = looking.comment(wiring, comment_id).version
    done = review.decide(wiring, Decide(who.id, comment_id, version, verdict))
    assert isinstance(done, Decided)
    return done


def stored(wiring: Wiring) -> list[tuple[str, str, float]]:
    with wiring.database.read() as conn:
        rows = conn.execute(select(labels).order_by(labels.c.decision_id))
        return [(row.source, row.verdict, row.probability) for row in rows]


def approvals(wiring: Wiring) -> RealisedError:
    return realised_errors(wiring, desk.site(wiring))[0]


@pytest.fixture
def ines(wiring: Wiring) -> Person:
    desk.site(wiring)
    return desk.moderator(wiring)


def test_a_decision_on_a_held_comment_is_a_label_and_undo_takes_it_back(wiring: Wiring, ines: Person) -> None:
    comment_id = desk.comment(wiring)
    done = judge(wiring, ines, comment_id, State.REJECTED)
    assert stored(wiring) == [("moderator", "rejected", 1.0)]
    review.undo(wiring, ines.id, done.decision_id)
    assert stored(wiring) == []


def test_an_audit_that_disagrees_changes_the_state_and_counts_as_an_error(wiring: Wiring, ines: Person) -> None:
    agreed, overturned = automatic(wiring, 0.01), automatic(wiring, 0.01)
    assert approvals(wiring).waiting == 2
    judge(wiring, ines, agreed, State.APPROVED)
    judge(wiring, ines, overturned, State.REJECTED)
    assert looking.comment(wiring, overturned).state == State.REJECTED
    assert looking.comment(wiring, agreed).state == State.APPROVED
    found = approvals(wiring)
    assert (found.audited, found.errors, found.waiting, found.rate) == (2, 1, 0, 0.5)
    assert found.limit == 0.01 and found.needed == 473
    assert stored(wiring) == [("audit", "approved", 0.02), ("audit", "rejected", 0.02)]


def test_what_the_lot_did_not_fall_upon_says_nothing_about_the_rate(wiring: Wiring, ines: Person) -> None:
    judge(wiring, ines, automatic(wiring, 0.01, drawn=False), State.REJECTED)
    assert stored(wiring) == [("moderator", "rejected", 1.0)]
    found = approvals(wiring)
    assert (found.audited, found.rate, found.standing) == (0, None, "open")


def test_a_second_verdict_on_the_same_decision_replaces_the_first(wiring: Wiring, ines: Person) -> None:
    comment_id = automatic(wiring, 0.01)
    judge(wiring, ines, comment_id, State.REJECTED)
    judge(wiring, desk.moderator(wiring, "Omar"), comment_id, State.APPROVED)
    found = approvals(wiring)
    assert (found.audited, found.errors) == (1, 0)


def test_wrong_rejections_have_a_budget_of_their_own(wiring: Wiring, ines: Person) -> None:
    judge(wiring, ines, automatic(wiring, 0.95, probability=0.05), State.APPROVED)
    judge(wiring, ines, automatic(wiring, 0.95, probability=0.05), State.SPAM)
    approved, rejected = realised_errors(wiring, desk.site(wiring))
    assert approved.audited == 0
    assert (rejected.budget, rejected.audited, rejected.errors) == ("max_wrong_rejections", 2, 1)


def test_unlikely_draws_weigh_more(wiring: Wiring, ines: Person) -> None:
    judge(wiring, ines, automatic(wiring, 0.01, probability=0.02), State.REJECTED)
    for _ in range(5):
        judge(wiring, ines, automatic(wiring, 0.01, probability=0.10), State.APPROVED)
    assert approvals(wiring).rate == pytest.approx(0.5)


def test_another_sites_audits_are_another_sites(wiring: Wiring, ines: Person) -> None:
    judge(wiring, ines, automatic(wiring, 0.01), State.REJECTED)
    with wiring.database.read() as conn:
        assert labels_store.audited(conn, "0" * 26, since=0) == []


def test_erased_and_withdrawn_comments_teach_nothing(wiring: Wiring, ines: Person) -> None:
    texts = {}
    for state in (State.APPROVED, State.WITHDRAWN, State.ERASED):
        comment_id = desk.comment(wiring, f"{random.Random(state).random()} a remark", name=f"R{state} X")
        judge(wiring, ines, comment_id, State.APPROVED)
        texts[state] = comment_id
        gone = update(comments).where(comments.c.id == comment_id).values(state=state)
        wiring.database.write(lambda conn, gone=gone: conn.execute(gone))  # type: ignore[misc]
    with wiring.database.read() as conn:
        rows = labels_store.for_training(conn, desk.site(wiring).id, since=0, limit=10)
        assert [row.comment_id for row in rows] == [texts[State.APPROVED]]
        later = labels_store.for_training(conn, desk.site(wiring).id, since=wiring.clock.now_us() + 1, limit=10)
        assert later == []
