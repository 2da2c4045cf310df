"""Pages beside the queues in a real Chromium: a policy without a script, and numbers that fit and can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moderation.services import count_days
from tests.journeys.test_desk_journey import address, ines, open_desk  # noqa: F401
from tests.support import busy_site
from tests.support import moderating as desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from moderation.wiring import Wiring

pytestmark = [
    pytest.mark.browser,
    # The database's kind is tried by the tests of the same addresses without a browser.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Opened = Callable[..., "Page"]


@pytest.fixture
def open_page(open_desk: Callable[..., Page], wiring: Wiring) -> Opened:  # noqa: F811
    """Opens a page as an administrator."""
    desk.site(wiring)
    ada = desk.moderator(wiring, "Ada", role="admin")
    return lambda path, **options: open_desk(path, ada, **options)


def tab_to(page: Page, what: str, most: int = 60) -> None:
    """Press Tab until what has the focus matches, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"{what} cannot be reached by {most} times Tab")


def test_without_a_script_a_policy_is_tried_by_its_button(open_page: Opened, wiring: Wiring) -> None:
    desk.comment(wiring, "The grackle sings.", held=False)
    page = open_page("/desk/policy", java_script_enabled=False)
    page.get_by_label("Review all").check()
    page.get_by_role("button", name="Try it").click()
    assert "Replayed over the last 1 comment" in page.inner_text("#what-if-body")
    page.get_by_role("button", name="Save this policy").click()
    assert "It holds from now on" in page.inner_text("main")


@pytest.mark.parametrize(("width", "scheme"), [(1600, "light"), (1024, "dark"), (360, "light")])
def test_the_numbers_fit_and_can_be_read(open_page: Opened, wiring: Wiring, width: int, scheme: str) -> None:
    site = desk.site(wiring)
    people = [desk.moderator(wiring, "Nora").id, desk.moderator(wiring, "Omar").id] if width == 1600 else ["a" * 26]
    busy_site.fill(wiring, site.id, people, days=10, a_day=10)
    count_days.run(wiring)
    page = open_page("/desk/numbers", viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('.plot')].map(p => 12 * p.getBoundingClientRect().width / 360))"
    )
    assert smallest >= 9.5, "letters in plots"
    outside = page.evaluate(
        """[...document.querySelectorAll(".plot text")].filter((text) => {
            const own = text.getBoundingClientRect(), card = text.closest(".block").getBoundingClientRect();
            return own.right > card.right + 1 || own.left < card.left - 1;
        }).map((text) => text.textContent)"""
    )
    assert outside == []
    tab_to(page, "details.fine summary")
    page.keyboard.press("Enter")
    assert page.locator("details[open] table tbody tr").count() == 28
