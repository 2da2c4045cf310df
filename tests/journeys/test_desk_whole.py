"""The desk beyond one decision, in a real Chromium: what is there before it is asked for, what fades, what spills."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moderation.domain.comment import State
from moderation.services import claim, review
from moderation.services.review import Decide
from tests.journeys.test_desk_journey import (  # noqa: F401
    address,
    ines,
    open_desk,
    press,
    several,
    stored,
    wait_for_text,
)
from tests.support import moderating as desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from moderation.wiring import Wiring

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Open = "Callable[..., Page]"


def wait_until_ahead(page: Page) -> None:
    """The comment after this one is here."""
    wait_until(page, "import('/static/desk/ahead.js').then((ahead) => Boolean(ahead.following()))")


def wait_until(page: Page, promised: str) -> None:
    """`wait_for_function` takes any promise for a yes; this one waits for what it says."""
    for _ in range(500):
        if page.evaluate(promised):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never: {promised}")


def test_the_next_comment_stands_there_before_the_server_has_answered(
    wiring: Wiring, open_desk: Callable[..., Page]  # noqa: F811
) -> None:
    first, *_rest = several(wiring, 4)
    page = open_desk()
    wait_until_ahead(page)
    page.route("**/decision", lambda route: (page.wait_for_timeout(600), route.continue_()))
    press(page, "a")
    wait_for_text(page, "says two")
    assert stored(wiring, first)[0] == "pending", "the server was not asked yet"
    page.wait_for_selector(".last:has-text('says one')")
    assert stored(wiring, first)[0] == "approved"


def test_a_comment_that_another_decides_fades_with_who_and_what(
    wiring: Wiring, open_desk: Callable[..., Page]  # noqa: F811
) -> None:
    ids = several(wiring, 5)
    omar = desk.moderator(wiring, "Omar")
    page = open_desk()
    wait_until_ahead(page)
    claim.release(wiring, desk.moderator(wiring, "Nora").id, ids[2])
    review.decide(wiring, Decide(omar.id, ids[2], 1, State.SPAM))
    page.wait_for_selector(".below .gone:has-text('Spam by Omar')")
    review.decide(wiring, Decide(omar.id, ids[0], 1, State.APPROVED))
    page.wait_for_selector("#taken:has-text('Approved by Omar')")


@pytest.mark.parametrize("width", [360, 640, 1100, 1600])
def test_nothing_of_the_other_pages_spills(
    wiring: Wiring, open_desk: Callable[..., Page], width: int  # noqa: F811
) -> None:
    desk.comment(wiring, "The mayor is a clown. " * 20 + "w" * 400, name="N" * 60)
    page = open_desk("/desk/search?low=0", viewport={"width": width, "height": 800})
    for path in ("/desk/search?low=0", "/desk/bulk?low=0&verdict=reject", "/desk/settings"):
        page.goto(page.url.partition("/desk")[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
