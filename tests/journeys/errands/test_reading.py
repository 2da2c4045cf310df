"""Errands 1 and 9: comments are read and decided, and what is hard to read is kept from the eyes until asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from moderation.domain.comment import State
from moderation.services import look_again, preferences, review
from moderation.services.precedents import PrecedentMemory
from moderation.services.review import Decide
from moderation.storage import notes
from moderation.storage.schema import comments, skips
from moderation.storage.schema import notes as note_rows
from moderation.web.public.status_links import StatusLinks
from tests.journeys.errands.ways import errand
from tests.support import moderating as desk
from tests.support.hands import Hand, Keyboard
from tests.support.newsroom import Newsroom

if TYPE_CHECKING:
    from tests.journeys.errands.conftest import SitDown

pytestmark = pytest.mark.browser
WHY = ("Held because we are not sure", "How we decided comments like it", "likely to be rejected", "first comment here")
SAID = "one two three four five six".split()


@errand("mouse-1600-light", "keyboard-360-dark")
def test_comments_are_read_and_decided(room: Newsroom, sit_down: SitDown) -> None:
    before = desk.comment(room.wiring, "You people are complete idiots, said nobody.", name="Dana R.")
    review.decide(room.wiring, Decide(room["Tom"].id, before, 1, State.REJECTED))
    one, two, three, four, five, six = desk.queue(
        room.wiring, [f"You people are complete idiots, said {each}." for each in SAID]
    )
    look_again.run(room.wiring, [before, one], PrecedentMemory(room.wiring, None), None)
    first = update(comments).where(comments.c.id == one).values(queue_key=0)
    room.wiring.database.write(lambda conn: conn.execute(first))
    hand = sit_down("Ines", "/desk/pending")
    hand.reads("said one")
    for told in WHY:
        hand.says(told)
    assert "idiots" in hand.page.locator("#comment mark[title]").first.inner_text()
    assert "Rejected" in hand.page.locator(".precedents").inner_text()
    hand.do("approve")
    hand.reads("said two")
    assert room.states(one) == ["approved"]
    hand.do("undo")
    hand.reads("said one")
    assert room.states(one) == ["pending"]
    hand.do("approve")
    hand.reads("said two")
    _refuses_with_a_text(hand, room, two)
    hand.reject("Threat")
    hand.reads("said four")
    hand.do("next")
    hand.reads("said five")
    hand.do("back")
    hand.reads("said four")
    hand.do("note")
    hand.write("A note for the team", "Seen this before.")
    hand.send("Keep the note")
    hand.says("Seen this before.")
    hand.do("spam")
    hand.reads("said five")
    hand.do("skip")
    hand.reads("said six")
    assert room.states(one, two, three, four, five, six) == [
        "approved", "rejected", "rejected", "spam", "pending", "pending"
    ]  # fmt: skip
    assert room.last(three).reason == "threat" and room.last(three).decided_by == f"moderator:{room['Ines'].id}"
    assert [row.comment_id for row in room.rows(select(skips))] == [five]
    assert [(row.subject, row.text) for row in room.rows(select(note_rows))] == [
        (f"comment:{four}", "Seen this before.")
    ]
    if isinstance(hand, Keyboard):
        hand.do("help")
        hand.says("Reject: then 1 to 9")
        hand.page.keyboard.press("Escape")
        hand.page.get_by_role("dialog").wait_for(state="hidden")
    _the_author_reads(sit_down("", urlsplit(_status(room).url(two)).path))


def _status(room: Newsroom) -> StatusLinks:
    return StatusLinks(room.wiring.settings.secret_key, room.wiring.settings.public_url)


def _the_author_reads(hand: Hand) -> None:
    """What was written to them, and no moderator's name."""
    hand.says("Please argue about the matter.")
    told = hand.page.locator("body").inner_text()
    assert "Ines" not in told and "The third this week." not in told


def _refuses_with_a_text(hand: Hand, room: Newsroom, comment_id: str) -> None:
    hand.do("reject")
    hand.press("Add a text")
    hand.write("For the author", "Please argue about the matter.")
    hand.write("For the team", "The third this week.")
    hand.press("Reject as insult")
    hand.reads("said three")
    told = room.last(comment_id)
    with room.wiring.database.read() as conn:
        texts = notes.texts_of(conn, told.id)
    assert (told.reason, texts.for_author, texts.for_team) == (
        "insult", "Please argue about the matter.", "The third this week."
    )  # fmt: skip


@errand("mouse-360-dark", "keyboard-1024-light")
def test_harsh_words_wait_to_be_asked_for_and_own_keys_work(room: Newsroom, sit_down: SitDown) -> None:
    one, two = desk.queue(room.wiring, [f"You people are complete idiots, said {each}." for each in SAID[:2]])
    hand = sit_down("Ines", "/desk/pending")
    hand.press("Ines")
    hand.goes("Keys and masked words")
    hand.tick("Mask the marked words")
    hand.choose("Suggest a break after", "20 harsh comments within an hour")
    hand.write("Approve", "g")
    hand.send("Keep these")
    hand.says("Kept.")
    kept = preferences.of(room.wiring, room["Ines"].id)
    assert (kept.mask, kept.break_after, kept.keys["approve"]) == (True, 20, "g")
    hand.goes("Pending")
    hand.reads("said one")
    words = hand.page.locator("details.masked mark").first
    assert not words.is_visible()
    hand.do("peek")
    words.wait_for()
    hand.do("approve")
    if isinstance(hand, Keyboard):
        hand.page.wait_for_timeout(300)
        assert room.states(one) == ["pending"], "the key that was left does nothing"
        hand.page.keyboard.press("g")
    hand.reads("said two")
    assert room.states(one, two) == ["approved", "pending"]


@errand("mouse-1024-dark")
def test_after_twenty_harsh_comments_a_break_is_suggested(room: Newsroom, sit_down: SitDown) -> None:
    """Which no other page counts, and nobody else is told."""
    desk.queue(room.wiring, [f"You people are complete idiots, said number {n}." for n in range(22)])
    room.wiring.database.write(lambda conn: conn.execute(update(comments).values(p_reject=0.93)))
    chosen = preferences.Preferences(preferences.KEYS, break_after=20)
    preferences.keep(room.wiring, room["Ines"].id, chosen)
    hand = sit_down("Ines", "/desk/pending")
    for number in range(19):
        hand.reads(f"number {number}.")
        hand.do("next")
    assert not hand.page.locator("#rest").is_visible()
    hand.reads("number 19.")
    hand.says("20 harsh comments in the last hour.")
