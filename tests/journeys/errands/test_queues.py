"""Errands 2 and 4: a search is narrowed, kept and worked through; many are decided at once and all of it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from moderation.domain.comment import State
from moderation.services import look_again, report, review, search
from moderation.services.precedents import PrecedentMemory
from moderation.services.review import Decide
from moderation.storage import notes
from moderation.storage.schema import authors, bulk_acts, comments, outbox, saved_filters, threads
from tests.journeys.errands.ways import errand
from tests.support import moderating as desk
from tests.support.hands import Hand
from tests.support.newsroom import Newsroom

if TYPE_CHECKING:
    from tests.journeys.errands.conftest import SitDown

pytestmark = pytest.mark.browser
COUNTERS = {
    authors: ("posted", "approved", "rejected", "spam"), threads: ("approved",),
    comments: ("state", "p_reject", "band"),
}  # fmt: skip


@errand("mouse-1024-light", "keyboard-360-light")
def test_a_search_is_narrowed_kept_and_worked_through(room: Newsroom, sit_down: SitDown) -> None:
    trams = desk.queue(room.wiring, [f"The tram is late again, for the {n} time." for n in ("4th", "5th", "6th")])
    other = desk.comment(room.wiring, "The mayor is a clown.", name="Walter K.")
    done = desk.comment(room.wiring, "A tram was late when I was young.", name="Rosa L.")
    review.decide(room.wiring, Decide(room["Tom"].id, done, 1, State.APPROVED))
    report.report(room.wiring, done, reporter="reader", reason=report.ReportReason.HATE, text="It is vile.")
    _score(room, 0.5, *trams, done)
    search.index(room.wiring)
    hand = sit_down("Ines", "/desk/pending")
    hand.goes("Reported 1")
    hand.reads("when I was young")
    hand.says("It is vile.")
    hand.do("search")
    hand.page.keyboard.type("tram")
    with hand.moving():
        hand.page.keyboard.press("Enter")
    hand.says("4 comments")
    hand.choose("State", "Pending")
    hand.write("Score from", "40")
    hand.sends("Search")
    hand.says("3 comments")
    hand.write("Keep this filter as", "Late trams")
    hand.sends("Keep")
    hand.goes("Pending")
    hand.reads("4th time")
    _find(hand, "mayor")
    hand.says("1 comment")
    hand.goes("Late trams", "Read the pending ones one by one")
    for comment_id, said in zip(trams, ("4th", "5th", "6th"), strict=True):
        hand.reads(said)
        assert comment_id in room.claimed("Ines")
        hand.do("spam")
    hand.reads("Nothing waits for a moderator")
    assert room.states(*trams, other, done) == ["spam"] * 3 + ["pending", "approved"]
    (kept,) = room.rows(select(saved_filters))
    assert (kept.name, kept.moderator_id) == ("Late trams", room["Ines"].id)
    theirs = sit_down("Tom", f"/desk/search?{kept.query.replace('state=pending', 'state=spam')}")
    theirs.says("3 comments")


def _find(hand: Hand, words: str) -> None:
    hand.do("search")
    hand.page.keyboard.type(words)
    with hand.moving():
        hand.page.keyboard.press("Enter")


def _score(room: Newsroom, share: float, *ids: str) -> None:
    scored = update(comments).where(comments.c.id.in_(ids)).values(p_reject=share)
    room.wiring.database.write(lambda conn: conn.execute(scored))


@errand("mouse-360-light", "keyboard-1600-dark")
def test_a_range_of_scores_is_decided_at_once_and_all_of_it_comes_back(room: Newsroom, sit_down: SitDown) -> None:
    texts = [f"The mayor is a clown, for reason number {n}." for n in range(8)]
    chosen, left = (ids := desk.queue(room.wiring, texts))[:5], ids[5:]
    _score(room, 0.7, *chosen)
    _score(room, 0.2, *left)
    search.index(room.wiring)
    before, to_do = _everything(room), room.rows(select(outbox))
    hand = sit_down("Ines", "/desk/search?q=clown")
    hand.brush(60, 81)
    hand.says("5 comments")
    hand.goes("Reject all")
    hand.says("Reject 5 comments?")
    hand.choose("Reason", "Off topic")
    hand.press("Write something beside it")
    hand.write("For the authors", "Please argue about the matter.")
    hand.goes("Reject 5")
    hand.headed("Decided")
    hand.says("The authors read")
    assert room.states(*chosen) == ["rejected"] * 5 and room.states(*left) == ["pending"] * 3
    with room.wiring.database.read() as conn:
        told = [notes.texts_of(conn, room.last(one).id) for one in chosen]
    assert {each.for_author for each in told if each} == {"Please argue about the matter."} and len(told) == 5
    assert room.rows(select(outbox)) == to_do, "nothing leaves the house"
    hand.goes("Undo all of it")
    hand.headed("Taken back")
    assert _everything(room) == before
    assert [row.stage for row in room.rows(select(bulk_acts))] == ["undone"]


def _everything(room: Newsroom) -> list[object]:
    """What a decision changes, of every comment, author and thread."""
    return [
        [tuple(row) for row in room.rows(select(table.c.id, *(table.c[name] for name in names)).order_by(table.c.id))]
        for table, names in COUNTERS.items()
    ]


@errand("mouse-1600-dark")
def test_a_flood_is_decided_once(room: Newsroom, sit_down: SitDown) -> None:
    """From the card of one of them; what only sounds alike stays."""
    flood = [desk.comment(room.wiring, f"Buy the best watches at half the price today, offer {n}.") for n in range(6)]
    other = desk.comment(room.wiring, "The watches on the town hall are all wrong.", name="Rosa L.")
    look_again.run(room.wiring, [*flood, other], PrecedentMemory(room.wiring, None), None)
    hand = sit_down("Ines", "/desk/pending")
    if "town hall" in hand.page.locator("#comment .text").inner_text():
        hand.do("next")
    hand.reads("offer")
    hand.says("One of 6 near-identical comments")
    hand.goes("See them and decide once", "All as spam", "File 6 as spam")
    hand.headed("Decided")
    assert room.states(*flood, other) == ["spam"] * 6 + ["pending"]
