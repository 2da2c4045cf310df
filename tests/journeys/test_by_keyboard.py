"""Ten errands at the desk by keyboard alone, at three widths: Tab, Enter, arrows and the desk's own keys, no mouse.

What cannot be reached by Tab, or has no sign of where one is, fails here. Those that no other test runs by keyboard are
tried each time, at one width; all of them, at all widths, in the long run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from moderation.domain.comment import State
from tests.support.redis import running_redis
from tests.support.staged import Staged, decide, running_stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG = [pytest.mark.long, pytest.mark.timeout(900)]
pytestmark = [
    pytest.mark.browser,
    # A browser that goes on drops what it was loading, and the test's server then leaves the file to be closed later.
    pytest.mark.filterwarnings("ignore:Exception ignored in.*FileIO:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.parametrize("width", [1024, pytest.param(1600, marks=LONG), pytest.param(360, marks=LONG)]),
]
MOST_TABS = 160
FOCUSED = """() => {
  const here = document.activeElement, style = getComputedStyle(here);
  const label = here.labels?.length ? [...here.labels].map((each) => each.textContent).join(' ') : '';
  return {
    name: (here.getAttribute('aria-label') || label || here.textContent || here.value || '').replace(/\\s+/g, ' ')
      .trim(),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    inside: here !== document.body,
  };
}"""
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    with running_redis() as redis_url, running_stage(tmp_path_factory.mktemp("keys"), redis_url, days=5) as staged:
        yield staged


@pytest.fixture
def opened(browser: Browser, stage: Staged, width: int) -> Iterator[Open]:
    contexts = []

    def open_page(who: str, path: str) -> Page:
        context = browser.new_context(locale="en-GB", viewport={"width": width, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(30_000)
        return stage.opened(context, who, path)

    yield open_page
    for context in contexts:
        context.close()


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until something with this name has the focus, and see that it shows."""
    names: list[str] = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        at = page.evaluate(FOCUSED)
        names.append(at["name"][:40])
        if re.search(name, at["name"]):
            assert at["seen"], f"{at['name']}: nothing shows that it has the focus"
            return
    raise AssertionError(f"no {name!r} by Tab, only {sorted(set(names))}")


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(350)  # nobody reads faster, and the keys do not answer sooner
    page.keyboard.press(key)


def shown(page: Page) -> str:
    return str(page.locator("#comment").inner_text())


def until_another(page: Page, before: str) -> None:
    page.wait_for_function("text => document.querySelector('#comment')?.innerText !== text", arg=before)


def says(page: Page, text: str) -> None:
    page.get_by_text(text).first.wait_for()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_1_reading_and_deciding(opened: Open) -> None:
    page = opened("ines", "/desk/pending")
    for keys in (["a"], ["u"], ["r", "1"], ["s"], ["x"], ["j"], ["k"]):
        before = shown(page)
        for key in keys:
            press(page, key)
        until_another(page, before)
    page.wait_for_timeout(1_000)  # going back asks the server, and no key counts before it has answered
    press(page, "n")
    page.locator("#noting[open]").wait_for()
    page.keyboard.type("Seen this before.")
    page.keyboard.press("Control+Enter")
    says(page, "Seen this before.")
    press(page, "?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")


def test_2_a_search_is_found_kept_and_worked_through(opened: Open, width: int) -> None:
    page = opened("ines", "/desk/pending")
    press(page, "/")
    page.keyboard.type("the")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/search?*")
    tab_to(page, "Keep this filter as")
    page.keyboard.type(f"Ours {width}")
    page.keyboard.press("Enter")
    says(page, f"Ours {width}")
    tab_to(page, f"^Ours {width}")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "%.*(Approved|Rejected|Pending|Spam)")
    page.keyboard.press("Enter")
    page.locator("#comment").wait_for()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_3_two_at_one_comment_and_a_question_to_a_lead(opened: Open, stage: Staged) -> None:
    page = opened("ines", "/desk/pending")
    comment_id = str(page.locator("form[action$='/decision']").first.get_attribute("action")).split("/")[-2]
    decide(stage, stage.tom, comment_id, State.APPROVED)
    press(page, "s")
    says(page, "Somebody decided this comment before you")
    assert page.evaluate(FOCUSED)["name"] == "Leave it and go on"
    before = shown(page)
    page.keyboard.press("Enter")
    until_another(page, before)
    before = shown(page)
    press(page, "e")
    page.keyboard.type("May he say that?")
    page.keyboard.press("Control+Enter")
    until_another(page, before)
    lead = opened("lena", "/desk/escalated")
    tab_to(lead, "Your answer")
    lead.keyboard.type("He may.")
    before = shown(lead)
    lead.keyboard.press("Control+Enter")
    until_another(lead, before)


def test_4_many_at_once_and_all_of_it_back(opened: Open) -> None:
    page = opened("ines", "/desk/search?state=approved&site=gazette&low=15")
    tab_to(page, "^Reject all")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/bulk?*")
    tab_to(page, r"^Reject \d")
    page.keyboard.press("Enter")
    says(page, "Undo all of it")
    page.get_by_role("heading", name="Decided", exact=True, level=1).wait_for()
    tab_to(page, "^Undo all of it")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Taken back", exact=True, level=1).wait_for()


def test_5_an_author_is_always_reviewed_and_then_not(opened: Open) -> None:
    page = opened("ines", "/desk/pending")
    name = str(page.locator(".beside a[href*='/desk/authors/']").first.inner_text())
    page.keyboard.press("Shift+Tab")
    tab_to(page, f"^{re.escape(name)}$")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/authors/*")
    tab_to(page, "From now on")
    page.keyboard.type("always")
    tab_to(page, "Why, for the team")
    page.keyboard.type("Two insults within a week.")
    page.keyboard.press("Enter")
    says(page, "Standing: always reviewed")
    tab_to(page, "^Undo$")
    page.keyboard.press("Enter")
    says(page, "(taken back)")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_6_somebody_is_invited_and_an_app_is_set_up(opened: Open, width: int) -> None:
    page = opened("ada", "/desk/people")
    tab_to(page, "^Name$")
    page.keyboard.type("Mo")
    tab_to(page, "^Email$")
    page.keyboard.type(f"mo{width}@news.example")
    page.keyboard.press("Enter")
    says(page, "Send Mo this link")
    account = opened("ada", "/desk/account")
    tab_to(account, "^Set it up")
    account.keyboard.press("Enter")
    account.get_by_label("Code from the app").wait_for()
    account.keyboard.type("000000")
    account.keyboard.press("Enter")
    says(account, "This code does not fit.")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_7_a_policy_is_tried_saved_and_taken_back(opened: Open, width: int) -> None:
    page = opened("lena", "/desk/policy?site=gazette")
    tab_to(page, "Words that hold")
    page.keyboard.type(f"turnip{width}")
    says(page, f"“turnip{width}”")
    tab_to(page, "^Save this policy")
    page.keyboard.press("Enter")
    says(page, "Saved. It holds from now on")
    tab_to(page, "^Go back to version")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert f"turnip{width}" not in str(page.get_by_label("Words that hold").input_value())


def test_8_the_numbers_have_tables_and_a_doubted_decision_is_kept(opened: Open) -> None:
    page = opened("lena", "/desk/numbers")
    tab_to(page, "^Table of Comments a day")
    page.keyboard.press("Enter")
    page.get_by_role("table").first.wait_for()
    learning = opened("lena", "/desk/learning?site=demo")
    tab_to(learning, "^Keep it")
    learning.keyboard.press("Enter")
    says(learning, "Kept. It will not be asked again.")
    tab_to(learning, "^Put it into service")
    learning.keyboard.press("Enter")
    says(learning, "Files of it are missing or damaged.")  # staged without the arrays


@pytest.mark.long
@pytest.mark.timeout(900)
def test_9_words_are_masked_until_asked_for(opened: Open) -> None:
    page = opened("tom", "/desk/settings")
    tab_to(page, "Mask the marked words")
    if not page.locator("[name=mask]").is_checked():
        page.keyboard.press("Space")
    tab_to(page, "^Keep these")
    page.keyboard.press("Enter")
    says(page, "Kept.")
    page.goto(page.url.partition("/desk")[0] + "/desk/rejected")
    for _ in range(6):
        if page.locator("details.masked").count():
            break
        press(page, "j")
    assert page.locator("details.masked").count()
    press(page, "p")
    page.locator("details.masked[open] mark").first.wait_for()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_10_the_log_is_searched(opened: Open) -> None:
    page = opened("lena", "/desk/log")
    tab_to(page, "^What$|^What ")
    page.keyboard.type("What sites")
    tab_to(page, "^Search$")
    page.keyboard.press("Enter")
    page.wait_for_url("**action=head*")
    says(page, "Put the site's head into service")
    tab_to(page, "^Details")
    page.keyboard.press("Enter")
    page.locator("td details[open] dl").wait_for()
    tab_to(page, "^Download as CSV", back=True)
