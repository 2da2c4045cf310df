"""Errand 3: two read one queue, one is faster, and a lead is asked and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from moderation.storage import concerns
from moderation.storage.schema import decisions
from tests.journeys.errands.ways import errand
from tests.support import moderating as desk
from tests.support.newsroom import Newsroom
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.journeys.errands.conftest import SitDown

pytestmark = pytest.mark.browser


@errand("mouse-1600-dark", "keyboard-1024-dark")
def test_who_is_too_late_is_told_and_a_lead_answers(room: Newsroom, sit_down: SitDown) -> None:
    one, two, three, four = desk.queue(
        room.wiring, [f"The mayor is a clown, says {each}." for each in ("one", "two", "three", "four")]
    )
    ines = sit_down("Ines", "/desk/pending")
    ines.reads("says one")
    ines.says("yours for")
    tom = sit_down("Tom", f"/desk/comments/{one}")
    tom.says("Ines is reading this comment now.")
    tom.do("approve")
    ines.says("Approved by Tom, a moment ago.")
    ines.do("spam")
    ines.says("Somebody decided this comment before you")
    assert room.states(one) == ["approved"]
    ines.press("Leave it and go on")
    ines.page.locator("#conflict").wait_for(state="detached")
    ines.reads("says")
    (asked,) = [each for each in room.claimed("Ines") if each == ines.page.get_attribute("#reading", "data-comment")]
    ines.do("escalate")
    ines.write("What should a lead know", "May he say that?")
    ines.send("Ask a lead")
    ines.page.locator(f"#reading[data-comment='{asked}']").wait_for(state="detached")
    ines.reads("says")
    lena = sit_down("Lena", "/desk/pending")
    lena.goes("Escalated 1")
    lena.says("May he say that?")
    lena.write("Your answer", "He may.")
    lena.send("Answer")
    lena.reads("Nobody asked a lead")
    with room.wiring.database.read() as conn:
        (told,) = concerns.of_comment(conn, asked)
    assert (told.text, told.answer) == ("May he say that?", "He may.") and told.settled_at
    ines.page.reload()
    ines.says("Lena answered you")
    ines.goes("about “The mayor")
    ines.says("A lead answered")
    ines.do("approve")
    ines.page.locator(f"#reading[data-comment='{asked}']").wait_for(state="detached")
    ines.reads("says")
    assert room.states(one, asked) == ["approved", "approved"]
    made = room.rows(select(decisions.c.comment_id).where(decisions.c.look == "moderator"))
    assert sorted(row.comment_id for row in made) == sorted([one, asked]), "each was decided, and decided once"
    ines.page.wait_for_timeout(500)  # nobody leaves before the page has what comes next
    for hand in (ines, tom, lena):
        hand.page.close(run_before_unload=True)
    wait_until(lambda: not any(room.claimed(name) for name in room.people), within_s=5, what="the end of all claims")
    assert room.states(two, three, four).count("pending") == 2
