"""Every page and state that somebody may look at: what `make screenshots` takes and axe-core reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moderation.domain.comment import State
from tests.support import moderating as desk
from tests.support.staged import Staged, decide

if TYPE_CHECKING:
    from playwright.sync_api import Page

Act = Callable[["Page", Staged], None]


@dataclass(frozen=True)
class Shown:
    """One page in one state: where it is, who looks, what is done on it first; `whole`: shown to its end."""

    name: str
    path: str
    act: Act = lambda page, stage: None
    who: str = ""  # one of the staged people; nobody for the public pages and the door
    whole: bool = True
    script: bool = True


def _send(page: Page, stage: Staged) -> None:
    page.locator("form:has([name=comment]) button:not([type=button])").first.click()
    page.wait_for_timeout(1500)


_READERS = itertools.count(1)


def _send_something_to_hold(page: Page, stage: Staged) -> None:
    reader = next(_READERS)
    words = f"So the mayors boycott meeting {reader} and suddenly they are heroes? What a bunch of clowns."
    page.locator("[name=comment]").first.fill(words)
    page.locator("[name=name]").first.fill("Walter K.")
    page.locator("[name=email]").first.fill(f"walter-{reader}@example.org")
    page.wait_for_timeout(3000)  # a reader is not faster
    _send(page, stage)
    page.locator("a[href*='/status/']").first.wait_for()


def _follow_status(page: Page, stage: Staged) -> None:
    _send_something_to_hold(page, stage)
    link = page.locator("a[href*='/status/']").first
    page.goto(str(link.get_attribute("href")))


def _make_a_key(page: Page, stage: Staged) -> None:
    page.get_by_label("What will use it").fill("The blog")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_role("button", name="Ask").click()
    page.wait_for_load_state("networkidle")


def _conflict(page: Page, stage: Staged) -> None:
    """Somebody else decided while this one was read."""
    comment_id = str(page.locator("form[action$='/decision']").first.get_attribute("action")).split("/")[-2]
    decide(stage, stage.tom, comment_id, State.APPROVED)
    page.wait_for_timeout(400)
    page.keyboard.press("s")
    page.locator(".conflict").wait_for()


def _press(key: str) -> Act:
    def act(page: Page, stage: Staged) -> None:
        page.wait_for_timeout(400)
        page.keyboard.press(key)
        page.wait_for_timeout(200)

    return act


def _menu(page: Page, stage: Staged) -> None:
    page.locator(".menu summary").click()


def _second_step(page: Page, stage: Staged) -> None:
    page.get_by_label("Email").fill(stage.tom.email)
    page.get_by_label("Password").fill(desk.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("One more step").wait_for()


def _wrong_password(page: Page, stage: Staged) -> None:
    page.get_by_label("Email").fill("ines@desk.test")
    page.get_by_label("Password").fill("not the one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("is not right").wait_for()


def _set_up_app(page: Page, stage: Staged) -> None:
    page.get_by_role("button", name="Set it up").click()
    page.get_by_label("Code from the app").wait_for()


def _say_something(page: Page, stage: Staged) -> None:
    page.get_by_text("Write something beside it").click()
    page.get_by_label("For the authors").fill("Please argue about the matter, not about people.")
    page.get_by_label("For the team").fill("The same quarrel as on Monday.")


def _and_take_it_back(page: Page, stage: Staged) -> None:
    _say_something(page, stage)
    page.get_by_role("button", name="Reject", exact=False).click()
    page.get_by_role("button", name="Undo all of it").click()
    page.get_by_role("heading", name="Taken back").wait_for()


def _open_change(page: Page, stage: Staged) -> None:
    page.locator("main details.fine summary").first.click()


def _open_author(page: Page, stage: Staged) -> None:
    page.goto(str(page.locator(".beside a[href*='/desk/authors/']").first.evaluate("link => link.href")))


def _try_a_word(page: Page, stage: Staged) -> None:
    page.get_by_label("Words that hold").fill("mayor")
    page.get_by_text("“mayor”").wait_for()


STATES = (
    Shown("article", "/demo/"),
    Shown("article-with-errors", "/demo/", _send, whole=False),
    Shown("article-after-posting", "/demo/", _send_something_to_hold, whole=False),
    Shown("status", "/demo/", _follow_status),
    Shown("article-without-script", "/demo/", script=False),
    Shown("plain-page", "/comments?site=demo&url={url}/demo/", script=False),
    Shown("not-found", "/nowhere"),
    Shown("sign-in", "/desk/sign-in", whole=False),
    Shown("sign-in-wrong", "/desk/sign-in", _wrong_password, whole=False),
    Shown("sign-in-second-step", "/desk/sign-in", _second_step, whole=False),
    Shown("desk", "/desk/pending", who="ines", whole=False),
    Shown("desk-whole", "/desk/pending", who="ines"),
    Shown("desk-menu", "/desk/pending", _menu, who="lena", whole=False),
    Shown("desk-escalate", "/desk/pending", _press("e"), who="ines", whole=False),
    Shown("desk-note", "/desk/pending", _press("n"), who="ines", whole=False),
    Shown("desk-reject", "/desk/pending", _press("r"), who="ines", whole=False),
    Shown("desk-help", "/desk/pending", _press("?"), who="ines", whole=False),
    Shown("desk-conflict", "/desk/pending", _conflict, who="ines", whole=False),
    Shown("desk-search", "/desk/search?state=pending&low=20", who="ines"),
    Shown("desk-search-none", "/desk/search?q=xylophone", who="ines", whole=False),
    Shown("desk-many", "/desk/bulk?state=pending&low=20&verdict=reject", who="ines", whole=False),
    Shown("desk-many-texts", "/desk/bulk?state=pending&low=20&verdict=reject", _say_something, who="ines"),
    Shown(
        "desk-many-back", "/desk/bulk?state=approved&high=5&verdict=reject", _and_take_it_back, who="tom", whole=False
    ),
    Shown("desk-search-narrowed", "/desk/search?section=city&language=en&high=60", who="ines"),
    Shown("desk-author", "/desk/pending", _open_author, who="ines"),
    Shown("desk-settings", "/desk/settings", who="ines"),
    Shown("desk-reported", "/desk/reported", who="ines", whole=False),
    Shown("desk-escalated", "/desk/escalated", who="lena", whole=False),
    Shown("desk-appeals", "/desk/appeals", who="ines", whole=False),
    Shown("desk-audit", "/desk/audit", who="ines", whole=False),
    Shown("desk-approved", "/desk/approved", who="ines", whole=False),
    Shown("desk-empty", "/desk/unscored", who="ines", whole=False),
    Shown("desk-empty-narrowed", "/desk/pending?section=weather", who="ines", whole=False),
    Shown("learning", "/desk/learning?site=demo", who="lena"),
    Shown("learning-all-sites", "/desk/learning?site=gazette", who="ada"),
    Shown("learning-gazette", "/desk/learning?site=gazette", who="lena"),
    Shown("policy", "/desk/policy", _try_a_word, who="lena"),
    Shown("numbers", "/desk/numbers", who="lena"),
    Shown("log", "/desk/log", who="lena"),
    Shown("people", "/desk/people", who="ada"),
    Shown("people-change", "/desk/people", _open_change, who="ada"),
    Shown("connect", "/desk/connect", who="ada"),
    Shown("connect-key", "/desk/connect?how=akismet", _make_a_key, who="ada"),
    Shown("account", "/desk/account", who="ines"),
    Shown("account-app", "/desk/account", _set_up_app, who="ines"),
    Shown("account-passkeys", "/desk/account", _open_change, who="tom"),
)
