"""The second look: what it decides, what it leaves alone, and that it never decides twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from moderation.domain.comment import Look, State
from moderation.services import look_again
from moderation.storage import outbox
from moderation.storage.schema import claims, comments, moderators, revisions
from tests.services.looking import (
    Scorer,
    codes,
    comment,
    finding,
    held,
    looks,
    make_due,
    post,
    unscored,
    waiting,
    with_scorer,
    work,
)

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def test_an_unscored_comment_is_scored_and_published_if_it_is_fine(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    assert comment(wiring, comment_id).band == "unscored"
    counts = look_again.run(with_scorer(wiring, Scorer(0.05)), [comment_id])
    assert counts == {"approved": 1}
    first, second = looks(wiring, comment_id)
    assert (first.look, second.look) == (Look.FIRST, Look.SECOND)
    assert (second.state_after, second.decided_by, second.model) == (State.APPROVED, "test@1", "test@1")
    assert "scorer_failed" not in codes(second)
    assert second.audit_probability is not None
    assert comment(wiring, comment_id).state == State.APPROVED
    assert work(wiring, comment_id) is None


def test_an_uncertain_comment_keeps_its_score_and_stays_pending_with_a_second_decision(wiring: Wiring) -> None:
    comment_id = held(wiring)
    scorer = Scorer(0.01)
    assert look_again.run(with_scorer(wiring, scorer), [comment_id]) == {"pending": 1}
    assert scorer.scored == [], "it was scored already"
    first, second = looks(wiring, comment_id)
    assert (second.state_before, second.state_after) == (State.PENDING, State.PENDING)
    assert second.opinion == first.opinion
    assert comment(wiring, comment_id).version == 2


def test_a_comment_that_was_approved_at_once_has_no_second_look(wiring: Wiring) -> None:
    comment_id = post(with_scorer(wiring, Scorer(0.05)))
    assert look_again.run(wiring, [comment_id]) == {}
    assert len(looks(wiring, comment_id)) == 1


def test_unknown_ids_are_passed_over(wiring: Wiring) -> None:
    assert look_again.run(wiring, ["0" * 26]) == {}
    assert look_again.run(wiring, []) == {}


def test_the_same_job_delivered_five_times_decides_once(wiring: Wiring) -> None:
    ids = [unscored(wiring) for _ in range(3)]
    looking = with_scorer(wiring, Scorer(0.05))
    counts = [look_again.run(looking, ids + ids) for _ in range(5)]
    assert counts == [{"approved": 3}, {}, {}, {}, {}]
    assert [len(looks(wiring, one)) for one in ids] == [2, 2, 2]


def test_a_batch_larger_than_a_lease_is_done_whole(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_again, "IN_ONE_LEASE", 4)
    monkeypatch.setattr(look_again, "IN_ONE_WRITE", 3)
    ids = [held(wiring) for _ in range(10)]
    assert look_again.run(wiring, ids) == {"pending": 10}
    assert waiting(wiring) == 0


def test_a_worker_takes_along_what_else_is_due_up_to_a_full_batch(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_again, "IN_ONE_LEASE", 4)
    ids = [held(wiring) for _ in range(6)]
    assert look_again.run_in_company(wiring, ids[5:]) == {"pending": 4}
    assert [len(looks(wiring, one)) for one in ids] == [2, 2, 2, 1, 1, 2]
    assert look_again.run_in_company(wiring, []) == {"pending": 2}


def test_a_decided_comment_only_loses_its_work(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    decided = update(comments).where(comments.c.id == comment_id).values(state="rejected", version=2)
    wiring.database.write(lambda conn: conn.execute(decided))
    assert look_again.run(with_scorer(wiring, Scorer(0.05)), [comment_id]) == {"dropped": 1}
    assert comment(wiring, comment_id).state == State.REJECTED
    assert waiting(wiring) == 0


def test_an_edited_comment_gets_its_look_at_the_new_text(wiring: Wiring) -> None:
    comment_id = unscored(wiring)

    def edit() -> None:
        wiring.database.write(lambda conn: _edit(conn, comment_id, "Now a friendly remark about the library."))
        scorer.before = lambda: None

    scorer = Scorer(0.05, before=edit)
    looking = with_scorer(wiring, scorer)
    assert look_again.run(looking, [comment_id]) == {"late": 1}
    assert comment(wiring, comment_id).state == State.PENDING, "a score of the old text decides nothing"
    assert work(wiring, comment_id).revision == 2
    make_due(wiring)
    _note_revision(wiring, comment_id)
    assert look_again.run(looking, [comment_id]) == {"approved": 1}
    assert looks(wiring, comment_id)[-1].revision == 2
    assert scorer.scored[-1] == "Now a friendly remark about the library."


def _edit(conn, comment_id: str, text: str) -> None:  # type: ignore[no-untyped-def]
    row = {"comment_id": comment_id, "revision": 2, "name": "Ann", "website": "", "text": text, "created_at": 1}
    conn.execute(insert(revisions), row)
    conn.execute(update(comments).where(comments.c.id == comment_id).values(revision=2))


def _note_revision(wiring: Wiring, comment_id: str) -> None:
    """The edit left the version alone, so the first look's decision still stands for it."""
    assert comment(wiring, comment_id).version == 1


def test_work_for_a_revision_that_is_gone_is_handed_to_the_new_one(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    wiring.database.write(lambda conn: _edit(conn, comment_id, "Now a friendly remark about the library."))
    looking = with_scorer(wiring, Scorer(0.05))
    assert look_again.run(looking, [comment_id]) == {"dropped": 1}
    assert work(wiring, comment_id).revision == 2
    assert look_again.run(looking, [comment_id]) == {"approved": 1}


def test_a_comment_that_a_moderator_is_reading_is_left_alone_until_the_claim_ends(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    now = wiring.clock.now_us()
    wiring.database.write(lambda conn: _claim(conn, comment_id, now, until=now + 60_000_000))
    looking = with_scorer(wiring, Scorer(0.05))
    assert look_again.run(looking, [comment_id]) == {"put_off": 1}
    assert comment(wiring, comment_id).version == 1
    put_off = work(wiring, comment_id)
    assert put_off.attempts == 0 and put_off.due_at >= now + 60_000_000
    wiring.database.write(lambda conn: conn.execute(claims.delete()))
    make_due(wiring)
    assert look_again.run(looking, [comment_id]) == {"approved": 1}


def _claim(conn, comment_id: str, now: int, until: int) -> None:  # type: ignore[no-untyped-def]
    moderator = {
        "id": "m" * 26, "email": "mo@example.org", "name": "Mo", "role": "moderator", "password_hash": None,
        "disabled": False, "created_at": now,
    }  # fmt: skip
    conn.execute(insert(moderators), moderator)
    conn.execute(
        insert(claims),
        {"comment_id": comment_id, "moderator_id": "m" * 26, "claimed_at": now, "expires_at": until},
    )


def test_a_comment_that_makes_the_scorer_fail_is_given_up_after_three_attempts_and_spoils_no_other(
    wiring: Wiring,
) -> None:
    good, poison = unscored(wiring), unscored(wiring, "This one holds the poison that the model cannot take.")
    looking = with_scorer(wiring, Scorer(0.05, poison="poison"))
    assert look_again.run(looking, [poison, good]) == {"approved": 1, "put_off": 1}
    for attempt in (1, 2):
        assert work(wiring, poison).attempts == attempt
        assert work(wiring, poison).due_at > wiring.clock.now_us(), "tried again later, not at once"
        make_due(wiring)
        counts = look_again.run(looking, [poison])
    assert counts == {"pending": 1}
    last = looks(wiring, poison)[-1]
    assert (last.look, last.decided_by, last.band, last.state_after) == (
        "second", "system", "unscored", "pending",
    )  # fmt: skip
    assert finding(last, "scorer_failed")["attempts"] == 3
    assert comment(wiring, poison).state == State.PENDING
    assert waiting(wiring) == 0


def test_a_sick_scorer_is_waited_for_and_blames_no_comment(wiring: Wiring) -> None:
    comment_id = unscored(wiring)
    scorer = Scorer(0.05, sick=True)
    looking = with_scorer(wiring, scorer)
    for _ in range(5):
        assert look_again.run(looking, [comment_id]) == {"put_off": 1}
        assert work(wiring, comment_id).attempts == 0
        make_due(wiring)
    scorer.sick = False
    assert look_again.run(looking, [comment_id]) == {"approved": 1}


def test_a_check_that_fails_costs_the_second_look_and_says_so(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment_id = held(wiring)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a text that must not get into any log")

    monkeypatch.setattr("moderation.services.floods.find", fail)
    for attempt in (1, 2, 3):
        with pytest.raises(ZeroDivisionError):
            look_again.run(wiring, [comment_id])
        assert work(wiring, comment_id).attempts == attempt
        make_due(wiring)
    assert look_again.run(wiring, [comment_id]) == {"pending": 1}
    last = looks(wiring, comment_id)[-1]
    assert (last.decided_by, last.band) == ("system", "review")
    assert finding(last, "check_failed") == {
        "code": "check_failed", "check": "second_look", "reason": "could not be looked at", "attempts": 4,
    }  # fmt: skip
    assert waiting(wiring) == 0


def test_what_was_tried_before_is_taken_alone(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    """If one of them ends the worker, it takes no others along."""
    fresh = [held(wiring) for _ in range(3)]
    tried = [held(wiring) for _ in range(2)]
    now = wiring.clock.now_us()
    wiring.database.write(
        lambda conn: outbox.lease(
            conn, kind=outbox.SECOND_LOOK, comment_ids=tried, token="t" * 26, now=now, until=now
        )
    )
    leased: list[list[str]] = []
    lease = outbox.lease

    def note(conn, *, comment_ids, **rest):  # type: ignore[no-untyped-def]
        leased.append(sorted(comment_ids))
        return lease(conn, comment_ids=comment_ids, **rest)

    monkeypatch.setattr(outbox, "lease", note)
    assert look_again.run(wiring, tried + fresh) == {"pending": 5}
    assert leased[0] == sorted(fresh) and sorted(leased[1:]) == sorted([each] for each in tried)
