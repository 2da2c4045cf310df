"""Near-copies are found, grouped and held together; a copy or two is nobody's fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from moderation.domain.comment import State
from moderation.services import floods, look_again
from moderation.storage.schema import comments, near_duplicate_bands
from tests.services.looking import (
    Scorer,
    codes,
    comment,
    finding,
    held,
    looks,
    post,
    unscored,
    with_scorer,
)

if TYPE_CHECKING:
    from moderation.wiring import Wiring

COPY = "Everybody I know in this town will vote against the new bus stop, because nobody asked us first{}"


def _copies(wiring: Wiring, count: int, *, published: bool = False) -> list[str]:
    scorer = Scorer(0.05 if published else 0.5)
    return [post(with_scorer(wiring, scorer), COPY.format("!" * n + f" {n}")) for n in range(count)]


def test_two_near_copies_are_grouped_but_nothing_is_said_of_them(wiring: Wiring) -> None:
    first, second = ids = _copies(wiring, 2)
    look_again.run(wiring, ids)
    assert comment(wiring, second).flood_id == first == comment(wiring, first).flood_id
    assert "near_duplicate" not in codes(looks(wiring, second)[-1])


def test_the_third_near_copy_makes_a_flood_and_is_held_whatever_its_score(wiring: Wiring) -> None:
    ids = _copies(wiring, 2)
    look_again.run(wiring, ids)
    third = unscored(wiring, COPY.format(" indeed"))
    look_again.run(with_scorer(wiring, Scorer(0.01)), [third])
    last = looks(wiring, third)[-1]
    assert comment(wiring, third).state == State.PENDING
    assert last.decided_by == "rule:near_duplicate"
    evidence = finding(last, "near_duplicate")
    assert (evidence["count"], evidence["flood"], evidence["threshold"]) == (3, ids[0], 3)
    assert evidence["similarity"] >= 0.7


def test_a_flood_in_one_batch_is_one_group(wiring: Wiring) -> None:
    ids = _copies(wiring, 12)
    look_again.run(wiring, ids)
    assert {comment(wiring, one).flood_id for one in ids} == {min(ids)}
    assert {finding(looks(wiring, one)[-1], "near_duplicate")["count"] for one in ids} == {12}


def test_a_flood_waits_behind_single_comments_of_the_same_score(wiring: Wiring) -> None:
    single = held(wiring)
    ids = _copies(wiring, 9)
    look_again.run(wiring, [single, *ids])
    lone, one_of_nine = comment(wiring, single), comment(wiring, ids[0])
    assert lone.created_at - lone.queue_key > 2 * (one_of_nine.created_at - one_of_nine.queue_key)


def test_copies_that_were_published_at_once_count_too(wiring: Wiring) -> None:
    published = _copies(wiring, 3, published=True)
    last = held(wiring, COPY.format(" indeed"))
    look_again.run(wiring, [last])
    assert finding(looks(wiring, last)[-1], "near_duplicate")["count"] == 4
    assert {comment(wiring, one).flood_id for one in published} == {min(published)}
    assert {comment(wiring, one).state for one in published} == {State.APPROVED}, "what is public stays so"


def test_every_comment_is_signed_once(wiring: Wiring) -> None:
    for _ in range(3):
        post(with_scorer(wiring, Scorer(0.05)))
    assert floods.sign_recent(wiring) == 3
    assert floods.sign_recent(wiring) == 0
    held(wiring)
    assert floods.sign_recent(wiring) == 1
    with wiring.database.read() as conn:
        bands = conn.execute(select(func.count()).select_from(near_duplicate_bands)).scalar_one()
    assert bands == 4 * 16


def test_short_texts_repeat_without_blame(wiring: Wiring) -> None:
    ids = [held(wiring, "I agree!!" + "!" * n) for n in range(5)]
    look_again.run(wiring, ids)
    assert all("near_duplicate" not in codes(looks(wiring, one)[-1]) for one in ids)
    with wiring.database.read() as conn:
        assert conn.execute(select(func.count(comments.c.flood_id))).scalar_one() == 0


def test_a_site_does_not_see_another_sites_copies(wiring: Wiring) -> None:
    from moderation.services.sites import add_site

    add_site(wiring.database, key="other", name="Other", origins=[], now=wiring.clock.now_us())
    _copies(wiring, 3)
    there = post(with_scorer(wiring, Scorer(0.5)), COPY.format(""), site_key="other")
    look_again.run(wiring, [there])
    assert comment(wiring, there).flood_id is None
