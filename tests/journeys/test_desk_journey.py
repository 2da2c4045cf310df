"""A moderator at the desk in a real Chromium: by keyboard, without a script, on a phone, and when things fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from moderation.domain.comment import State
from moderation.services import claim, escalate, review
from moderation.services.review import Decide
from moderation.storage import comments, history
from moderation.storage.schema import comments as comment_rows
from tests.support import moderating as desk
from tests.support.moderating import Person
from tests.support.serving import served

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page

    from moderation.wiring import Wiring

pytestmark = [
    pytest.mark.browser,
    # The database's kind is tried by the tests of the same addresses without a browser.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
READABLE_MS = 300


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.fixture
def ines(wiring: Wiring) -> Person:
    return desk.moderator(wiring)


@pytest.fixture
def open_desk(browser: Browser, address: str, ines: Person) -> Iterator[Callable[..., Page]]:
    """Opens a page of the desk as Ines; what goes wrong in its scripts fails the test."""
    contexts, errors = [], []

    def opened(path: str = "/desk/pending", who: Person | None = None, **options: Any) -> Page:
        context = browser.new_context(locale="en-GB", **{"viewport": {"width": 1600, "height": 900}, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        token = (who or ines).token
        context.add_cookies([{"name": "desk_session", "value": token, "url": address + "/desk"}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def several(wiring: Wiring, number: int) -> list[str]:
    said = "one two three four five six".split()[:number]
    texts = [f"The mayor is a clown, says {word}." for word in said]
    return desk.queue(wiring, texts, [f"{word.title()} R." for word in said])


def stored(wiring: Wiring, comment_id: str) -> tuple[str, str]:
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
        last = history.last(conn, comment_id)
    assert row is not None
    return row.state, last.reason


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(READABLE_MS)
    page.keyboard.press(key)


def text_of(page: Page) -> str:
    return page.inner_text("#comment .text")


def wait_for_text(page: Page, text: str) -> None:
    """Until the comment or the empty card says this; the line about the last decision does not count."""
    page.wait_for_function(
        """text => [...document.querySelectorAll('#comment .text, #comment h1, #comment p')]
        .some((part) => part.innerText.includes(text))""",
        arg=text,
    )


def test_a_queue_is_emptied_by_keyboard(wiring: Wiring, open_desk: Callable[..., Page]) -> None:
    ids = several(wiring, 5)
    page = open_desk()
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    press(page, "a")
    wait_for_text(page, "says two")
    press(page, "r")
    page.wait_for_selector("#reasons[open]")
    page.keyboard.press("2")
    wait_for_text(page, "says three")
    press(page, "r")
    page.keyboard.press("Enter")
    wait_for_text(page, "says four")
    press(page, "s")
    wait_for_text(page, "says five")
    assert page.evaluate("document.activeElement.id") == "comment"
    page.wait_for_function("() => document.getElementById('say').textContent.includes('Next comment, by Five R.')")
    press(page, "x")
    wait_for_text(page, "You skipped 1 comment in this round.")
    states = [stored(wiring, comment_id) for comment_id in ids]
    assert states[0] == ("approved", "") and states[1] == ("rejected", "hate")
    assert states[2][0] == "rejected" and states[2][1]
    assert states[3] == ("spam", "") and states[4][0] == "pending"
    assert loads == [], "the page was not loaded anew"


@pytest.mark.parametrize("view", ["pending", "escalated", "audit", "approved"])
def test_moving_without_deciding_to_the_end_and_back(wiring: Wiring, open_desk: Callable[..., Page], view: str) -> None:
    ids = several(wiring, 5)
    put_into(wiring, view, ids)
    order = ids if view in ("pending", "escalated") else ids[::-1]
    page = open_desk(f"/desk/{view}")
    for comment_id in [*order[1:], *(order[:2] if view != "approved" else [])]:  # a queue has no end, a list has one
        press(page, "j")
        page.wait_for_selector(f"#reading[data-comment='{comment_id}']")
    press(page, "k")
    page.wait_for_selector(f"#reading[data-comment='{order[0] if view != 'approved' else order[-2]}']")


def put_into(wiring: Wiring, view: str, ids: list[str]) -> None:
    asker = desk.moderator(wiring, "Omar")
    for comment_id in ids:
        if view == "escalated":
            escalate.escalate(wiring, asker.id, comment_id, "Is this libel?")
        elif view == "approved":
            review.decide(wiring, Decide(asker.id, comment_id, 1, State.APPROVED))
    if view == "audit":
        drawn = update(comment_rows).values(state="approved", audit_drawn=True)
        wiring.database.write(lambda conn: conn.execute(drawn))


def test_keys_do_nothing_in_fields_with_modifiers_or_before_one_can_read(
    wiring: Wiring, open_desk: Callable[..., Page]
) -> None:
    ids = several(wiring, 3)
    page = open_desk()
    page.wait_for_timeout(READABLE_MS)
    page.keyboard.press("Control+a")
    page.keyboard.press("Alt+s")
    page.evaluate(
        "document.querySelector('.middle').append(Object.assign(document.createElement('input'), {id: 'field'}))"
    )
    page.focus("#field")
    page.keyboard.type("asx")
    assert page.input_value("#field") == "asx"
    page.focus("#comment")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog:not([open])", state="attached")
    assert [stored(wiring, comment_id)[0] for comment_id in ids] == ["pending"] * 3
    page.focus("#comment")
    # The second press comes before anybody could have read the next comment.
    page.evaluate("""() => {
      const target = document.getElementById('comment');
      const press = (node) => node.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}));
      new MutationObserver(() => press(document.getElementById('comment')))
        .observe(document.querySelector('.columns'), {childList: true});
      press(target);
    }""")
    wait_for_text(page, "says two")
    page.wait_for_timeout(200)
    assert [stored(wiring, comment_id)[0] for comment_id in ids] == ["approved", "pending", "pending"]


def test_a_lost_connection_keeps_the_comment_and_says_so(wiring: Wiring, open_desk: Callable[..., Page]) -> None:
    first, _second = several(wiring, 2)
    page = open_desk()
    page.context.set_offline(True)
    press(page, "a")
    page.wait_for_selector("#failed:not([hidden])")
    assert "The comment is still here and nothing was decided" in page.inner_text("#failed")
    assert "says one" in text_of(page)
    page.context.set_offline(False)
    press(page, "a")
    wait_for_text(page, "says two")
    assert stored(wiring, first)[0] == "approved"


def test_a_session_that_ended_keeps_the_comment_and_says_so(wiring: Wiring, open_desk: Callable[..., Page]) -> None:
    several(wiring, 2)
    page = open_desk()
    page.context.clear_cookies(name="desk_session")
    press(page, "a")
    page.wait_for_selector("#failed:not([hidden])")
    assert "Sign in again" in page.inner_text("#failed")
    assert "says one" in text_of(page)


def test_who_was_too_late_sees_who_decided_and_may_go_on_or_insist(
    wiring: Wiring, open_desk: Callable[..., Page]
) -> None:
    first, second = several(wiring, 2)
    omar = desk.moderator(wiring, "Omar")
    page = open_desk()
    review.decide(wiring, Decide(omar.id, first, 1, State.APPROVED))
    press(page, "s")
    page.wait_for_selector("#conflict")
    assert "Approved by Omar, just now." in page.inner_text("#conflict")
    page.click("text=Leave it and go on")
    wait_for_text(page, "says two")
    assert stored(wiring, first)[0] == "approved"
    review.decide(wiring, Decide(omar.id, second, 1, State.APPROVED))
    press(page, "s")
    page.click("text=File it as spam all the same")
    wait_for_text(page, "Nothing waits for a moderator")
    assert stored(wiring, second)[0] == "spam"


def test_two_moderators_see_different_comments_and_leaving_frees_them(
    wiring: Wiring, open_desk: Callable[..., Page]
) -> None:
    several(wiring, 2)
    omar = desk.moderator(wiring, "Omar")
    hers, his = open_desk(), open_desk(who=omar)
    assert "says one" in text_of(hers) and "says two" in text_of(his)
    assert his.inner_text("#others") == "1 other here"
    hers.goto("about:blank")
    hers.wait_for_timeout(300)
    taken = claim.claim_next(wiring, desk.moderator(wiring, "Nora").id, "pending")
    assert taken is not None


def test_an_empty_queue_fills_by_itself(wiring: Wiring, open_desk: Callable[..., Page]) -> None:
    desk.site(wiring)
    page = open_desk()
    wait_for_text(page, "Nothing waits for a moderator")
    several(wiring, 1)
    wait_for_text(page, "says one")
    assert page.inner_text("[data-count=pending]").startswith("1")


def test_a_narrowed_queue_stays_narrowed_when_it_is_empty_and_fills_with_what_fits(
    wiring: Wiring, open_desk: Callable[..., Page]
) -> None:
    here, elsewhere = "https://gazette.example/depot", "https://gazette.example/bridge"
    first = desk.comment(wiring, "The depot is a scandal.", thread_url=here)
    desk.comment(wiring, "The bridge is a scandal.", thread_url=elsewhere)
    with wiring.database.read() as conn:
        row = comments.by_id(conn, first)
    assert row is not None
    page = open_desk(f"/desk/pending?thread={row.thread_id}")
    wait_for_text(page, "The depot")
    press(page, "s")
    wait_for_text(page, "Nothing waits for a moderator")
    for text in ("The bridge is too narrow.", "The depot is too small."):
        told = page.locator("[data-count=pending]").inner_text()
        desk.comment(wiring, text, thread_url=here if "depot" in text else elsewhere)
        page.wait_for_function("told => document.querySelector('[data-count=pending]').textContent !== told", arg=told)
        page.wait_for_timeout(READABLE_MS)
        assert page.url.endswith(f"/desk/pending?thread={row.thread_id}")
        assert page.locator(".narrowed").count() == 1
        wait_for_text(page, "The depot is too small." if "depot" in text else "Nothing waits for a moderator")


def test_the_desk_works_without_a_script(wiring: Wiring, open_desk: Callable[..., Page]) -> None:
    ids = several(wiring, 4)
    page = open_desk(java_script_enabled=False)
    page.click(".row .approve")
    assert "says two" in text_of(page)
    page.click("#reasons summary")
    page.click("#reasons button:has-text('Threat')")
    assert "says three" in text_of(page)
    page.click(".row .skip")
    assert "says four" in text_of(page)
    page.click("form[data-undo] button")
    assert "says two" in text_of(page)
    assert [stored(wiring, comment_id)[0] for comment_id in ids] == ["approved", "pending", "pending", "pending"]


def test_the_phones_bar_is_at_the_thumb_and_large_enough(wiring: Wiring, open_desk: Callable[..., Page]) -> None:
    several(wiring, 1)
    page = open_desk(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    targets = page.locator(".row > form > button:visible, .row > details > summary:visible")
    assert targets.count() == 5
    for index in range(targets.count()):
        box = targets.nth(index).bounding_box()
        assert box is not None
        assert box["height"] >= 48 and box["width"] >= 44
        assert box["y"] + box["height"] <= 780
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.tap("#reasons summary")
    page.tap("#reasons button:has-text('Off topic')")
    wait_for_text(page, "Nothing waits for a moderator")


# Of the decisions: whose words are wider than they are, and whose edge lies outside the card's.
SPILLED = """[...document.querySelectorAll('.row > form > button, .row > details > summary')]
  .filter((each) => each.checkVisibility())
  .filter((each) => {
    const words = document.createRange(), box = each.getBoundingClientRect();
    words.selectNodeContents(each);
    const text = words.getBoundingClientRect(), card = each.closest('.decide').getBoundingClientRect();
    return text.left < box.left || text.right > box.right || box.left < card.left + 8 || box.right > card.right - 8;
  }).map((each) => each.innerText)"""


@pytest.mark.parametrize("width", [360, 640, 840, 900, 1100, 1280, 1300, 1600])
@pytest.mark.parametrize("length", [1, 200])
def test_the_decisions_are_in_sight_and_nothing_spills(
    wiring: Wiring, open_desk: Callable[..., Page], width: int, length: int
) -> None:
    """Whatever the length of the comment; an unbroken word of 4,000 letters included."""
    desk.comment(wiring, "The mayor is a clown. " * length + "w" * 20 * length)
    page = open_desk(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".row .approve").bounding_box()
    assert box is not None and 0 < box["y"] < 800 - box["height"]
    assert page.evaluate(SPILLED) == []


def test_the_row_of_decisions_does_not_move_from_one_comment_to_the_next(
    wiring: Wiring, open_desk: Callable[..., Page]
) -> None:
    desk.queue(wiring, ["Short: a clown.", "The mayor is a clown. " * 60], ["A B", "C D"])
    page = open_desk()
    places = [page.locator(".row .approve").bounding_box()]
    press(page, "j")
    wait_for_text(page, "C D")
    places.append(page.locator(".row .approve").bounding_box())
    assert places[0] == places[1]


def test_the_link_of_a_new_moderator_leads_to_the_desk(wiring: Wiring, browser: Browser, address: str) -> None:
    from moderation.services import add_moderator

    desk.site(wiring)
    link = add_moderator.add_moderator(wiring, email="nora@desk.test", name="Nora")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(address + "/desk/" + link.partition("/desk/")[2])
    page.fill("#password", desk.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/pending")
    page.click(".menu summary")
    page.click("text=Sign out")
    page.wait_for_url("**/desk/sign-in")
    page.fill("#email", "nora@desk.test")
    page.fill("#password", desk.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/pending")
    context.close()
