"""The pages beside the queues in a real Chromium, by keyboard alone: policy, log, people, second factor, numbers."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from werkzeug.serving import make_server

from moderation.services import count_days, seal_log
from moderation.storage import sites
from tests.support import busy_site
from tests.support import moderating as desk

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page

    from moderation.wiring import Wiring

pytestmark = [
    pytest.mark.browser,
    # The database's kind is tried by the tests of the same addresses without a browser.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
Opened = Callable[..., "Page"]


@pytest.fixture
def open_page(app: Flask, browser: Browser, wiring: Wiring) -> Iterator[Opened]:
    """Opens a page as an administrator; what goes wrong in its scripts fails the test."""
    desk.site(wiring)
    ada = desk.moderator(wiring, "Ada", role="admin")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address, contexts, errors = f"http://127.0.0.1:{server.port}", [], []

    def opened(path: str, **options: Any) -> Page:
        context = browser.new_context(locale="en-GB", **{"viewport": {"width": 1600, "height": 1000}, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": "desk_session", "value": ada.token, "url": address + "/desk"}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert not errors


def tab_to(page: Page, what: str, most: int = 60) -> None:
    """Press Tab until what has the focus matches, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"{what} cannot be reached by {most} times Tab")


def test_a_policy_is_tried_saved_and_taken_back_by_keyboard(open_page: Opened, wiring: Wiring) -> None:
    for number in range(4):
        desk.comment(wiring, f"The grackle sings on day {number}.", held=False, name=f"R{number} X")
    page = open_page("/desk/policy")
    tab_to(page, "#reviewed_words")
    page.keyboard.type("grackle")
    page.get_by_text("“grackle”").wait_for()  # shown while it is typed
    assert "finds 4 comments" in page.inner_text("#what-if-body")
    tab_to(page, "[form=policy]")
    page.keyboard.press("Enter")
    page.get_by_text("It holds from now on").wait_for()
    assert "Words that hold: + grackle" in page.inner_text(".history")
    tab_to(page, ".history button")
    page.keyboard.press("Enter")
    page.get_by_text("Version 3 · in force").wait_for()
    with wiring.database.read() as conn:
        row = sites.by_key(conn, wiring.settings.site_key)
    assert row is not None and row.policy == "{}"


def test_without_a_script_a_policy_is_tried_by_its_button(open_page: Opened, wiring: Wiring) -> None:
    desk.comment(wiring, "The grackle sings.", held=False)
    page = open_page("/desk/policy", java_script_enabled=False)
    page.get_by_label("Review all").check()
    page.get_by_role("button", name="Try it").click()
    assert "Replayed over the last 1 comment" in page.inner_text("#what-if-body")
    page.get_by_role("button", name="Save this policy").click()
    assert "It holds from now on" in page.inner_text("main")


def test_the_second_factor_is_set_up_by_keyboard(open_page: Opened, wiring: Wiring) -> None:
    page = open_page("/desk/account", viewport={"width": 360, "height": 760})
    tab_to(page, "form[action$='second-factor'] button")
    page.keyboard.press("Enter")
    page.get_by_label("Code from the app").wait_for()
    assert page.evaluate("document.activeElement.id") == "code"
    secret = page.inner_text(".key").replace(" ", "")
    page.keyboard.type(pyotp.TOTP(secret).at(wiring.clock.now_us() // 1_000_000))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    assert len(re.findall(r"^[a-z0-9]{5}-[a-z0-9]{5}$", page.inner_text(".codes"), re.M)) == 10


def test_somebody_is_invited_and_found_in_the_log_by_keyboard(open_page: Opened, wiring: Wiring) -> None:
    page = open_page("/desk/people")
    tab_to(page, "#name")
    page.keyboard.type("Mo")
    page.keyboard.press("Tab")
    page.keyboard.type("mo@news.example")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Send Mo this link").wait_for()
    assert "/desk/welcome/" in page.input_value("input.long")
    seal_log.run(wiring)
    tab_to(page, ".views a[href$='/desk/log']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/log")
    tab_to(page, "#action")
    page.keyboard.type("People")
    page.keyboard.press("Enter")
    tab_to(page, "form[role=search] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**action=moderator.**")
    assert "Invited somebody" in page.inner_text("tbody") and "not sealed yet" not in page.inner_text("tbody")


@pytest.mark.parametrize(("width", "scheme"), [(1600, "light"), (1024, "dark"), (360, "light")])
def test_the_numbers_fit_and_can_be_read(open_page: Opened, wiring: Wiring, width: int, scheme: str) -> None:
    site = desk.site(wiring)
    people = [desk.moderator(wiring, "Ines").id, desk.moderator(wiring, "Omar").id] if width == 1600 else ["a" * 26]
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
