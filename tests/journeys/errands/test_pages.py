"""Errands 7, 8 and 10: a policy is tried before it holds, the numbers are read, and the log says who did what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from moderation.domain.comment import State
from moderation.services import count_days, review, seal_log, stand, verify_log
from moderation.services.review import Decide
from moderation.storage import second_readings, sites
from moderation.storage.schema import audit_events
from moderation.storage.schema import second_readings as readings
from tests.journeys.errands.ways import errand
from tests.support import busy_site
from tests.support import moderating as desk
from tests.support.newsroom import Newsroom

if TYPE_CHECKING:
    from tests.journeys.errands.conftest import SitDown

pytestmark = pytest.mark.browser


@errand("mouse-1600-dark", "keyboard-1024-light")
def test_a_policy_is_tried_saved_and_taken_back(room: Newsroom, sit_down: SitDown) -> None:
    for number in range(4):
        desk.comment(room.wiring, f"The grackle sings on day {number}.", held=False, name=f"R{number} X")
    hand = sit_down("Lena", "/desk/pending")
    hand.goes("Policy")
    hand.tick("Review all")
    hand.says("Replayed over the last 4 comments")
    hand.says("No comment would be decided otherwise")
    hand.tick("Autopilot")
    hand.write("Words that reject", "grackle")
    hand.says("“grackle”")
    hand.says("finds 4 comments")
    hand.says("4 comments would be decided otherwise")
    hand.goes("Save this policy")
    hand.says("It holds from now on")
    assert _policy(room) == {"rejected_words": ["grackle"]}
    new = desk.comment(room.wiring, "A grackle again.", held=False, name="Rosa L.")
    assert room.states(new) == ["rejected"]
    hand.goes("Go back to version 1")
    hand.says("Version 3 · in force")
    assert _policy(room) == {}
    assert len(room.logged("policy.")) == 2


def _policy(room: Newsroom) -> dict[str, object]:
    with room.wiring.database.read() as conn:
        row = sites.by_key(conn, room.wiring.settings.site_key)
    assert row is not None
    return json.loads(row.policy)


@errand("mouse-360-dark", "keyboard-1600-light")
def test_the_numbers_are_read_taken_along_and_a_doubted_decision_is_kept(room: Newsroom, sit_down: SitDown) -> None:
    site_id = desk.site(room.wiring).id
    busy_site.fill(room.wiring, site_id, [room["Ines"].id, room["Tom"].id], days=10, a_day=10)
    count_days.run(room.wiring)
    doubted = desk.comment(room.wiring, "The mayor is a clown.")
    review.decide(room.wiring, Decide(room["Tom"].id, doubted, 1, State.APPROVED))
    offered = lambda conn: second_readings.offer(conn, site_id, [doubted], at=room.wiring.clock.now_us())  # noqa: E731
    room.wiring.database.write(offered)
    hand = sit_down("Lena", "/desk/pending")
    hand.goes("Numbers")
    hand.press("Table of Comments a day")
    table = hand.page.locator("details[open] table")
    shown = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
    taken = hand.download("CSV of Comments a day")
    assert len(shown) == len(taken) - 1 == 28 and [row[1] for row in shown] == [row[1] for row in taken[1:]]
    assert sum(int(row[1] or 0) for row in taken[1:]) > 50
    hand.goes("Learning")
    hand.says("Worth a second reading")
    hand.press("Keep it")
    hand.says("Kept. It will not be asked again.")
    (kept,) = room.rows(select(readings))
    assert (kept.comment_id, kept.answer) == (doubted, "kept")


@errand("mouse-1024-dark", "keyboard-360-light")
def test_the_log_is_searched_and_taken_along_and_holds_together(room: Newsroom, sit_down: SitDown) -> None:
    comment_id = desk.comment(room.wiring, "The mayor is a clown.")
    review.decide(room.wiring, Decide(room["Tom"].id, comment_id, 1, State.REJECTED))
    author_id = room.row(comment_id).author_id
    stand.give(room.wiring, room["Ines"].id, author_id, "always_review", reason="Two insults within a week.")
    seal_log.run(room.wiring)
    hand = sit_down("Lena", "/desk/pending")
    hand.goes("Log")
    hand.choose("What", "Authors")
    hand.goes("Search")
    assert hand.page.locator("tbody tr").count() == 1
    hand.press("Details")
    hand.page.locator("td details[open] dl", has_text="always_review").wait_for()
    rows = hand.download("Download as CSV")
    ours = room.rows(select(audit_events).where(audit_events.c.action.startswith("author.")))
    assert [row[rows[0].index("id")] for row in rows[1:]] == [event.id for event in ours]
    assert room.logged("log.exported") == [("log.exported", {"action": "author."})]
    hand.choose("Who", "Tom")
    hand.choose("What", "Decisions and questions")
    hand.goes("Search")
    hand.says("Rejected (was pending)")
    seal_log.run(room.wiring)
    assert not verify_log.verify(room.wiring).faults
    changed = update(audit_events).where(audit_events.c.id == ours[0].id).values(details="{}")
    with pytest.raises(IntegrityError):
        room.wiring.database.write(lambda conn: conn.execute(changed))
