"""`make screenshots`: every page at 1600 and 360 px, light and dark, into screenshots/, from a fresh installation.

python -m tests.screenshots [part of a page's name …]
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.browser import ARGUMENTS, MISSING, chromium
from tests.support.processes import free_port, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, StorageState

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "screenshots"
SIZES = {"1600": {"width": 1600, "height": 1000}, "360": {"width": 360, "height": 760}}
SCHEMES = ("light", "dark")
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Shot:
    """One page: where it is, what is done on it first, whether it is shown to its end."""

    name: str
    path: str
    act: Callable[[Page], None] = lambda page: None
    signed_in: bool = False
    whole: bool = True
    script: bool = True


def _send(page: Page) -> None:
    page.locator("form:has([name=comment]) button:not([type=button])").first.click()
    page.wait_for_timeout(1500)


_READERS = itertools.count(1)


def _send_something_to_hold(page: Page) -> None:
    reader = next(_READERS)
    words = f"So the mayors boycott meeting {reader} and suddenly they are heroes? What a bunch of clowns."
    page.locator("[name=comment]").first.fill(words)
    page.locator("[name=name]").first.fill("Walter K.")
    page.locator("[name=email]").first.fill(f"walter-{reader}@example.org")
    page.wait_for_timeout(3000)  # a reader is not faster
    _send(page)
    page.locator("a[href*='/status/']").first.wait_for()


def _follow_status(page: Page) -> None:
    _send_something_to_hold(page)
    link = page.locator("a[href*='/status/']").first
    page.goto(str(link.get_attribute("href")))


def _make_a_key(page: Page) -> None:
    page.get_by_label("What will use it").fill("The blog")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_role("button", name="Ask").click()
    page.wait_for_load_state("networkidle")


def _open_author(page: Page) -> None:
    page.goto(str(page.locator(".beside a[href*='/desk/authors/']").first.evaluate("link => link.href")))


def _try_a_word(page: Page) -> None:
    page.get_by_label("Words that hold").fill("mayor")
    page.get_by_text("“mayor”").wait_for()


SHOTS = (
    Shot("article", "/demo/"),
    Shot("article-with-errors", "/demo/", _send, whole=False),
    Shot("article-after-posting", "/demo/", _send_something_to_hold, whole=False),
    Shot("status", "/demo/", _follow_status),
    Shot("article-without-script", "/demo/", script=False),
    Shot("plain-page", "/comments?site=demo&url={url}/demo/", script=False),
    Shot("not-found", "/nowhere"),
    Shot("sign-in", "/desk/sign-in", whole=False),
    Shot("desk", "/desk/pending", signed_in=True, whole=False),
    Shot("desk-whole", "/desk/pending", signed_in=True),
    Shot("desk-escalate", "/desk/pending", lambda page: page.keyboard.press("e"), signed_in=True, whole=False),
    Shot("desk-reject", "/desk/pending", lambda page: page.keyboard.press("r"), signed_in=True, whole=False),
    Shot("desk-search", "/desk/search?state=pending&low=20", signed_in=True, whole=False),
    Shot("desk-many", "/desk/bulk?state=pending&low=20&verdict=reject", signed_in=True, whole=False),
    Shot("desk-author", "/desk/pending", _open_author, signed_in=True, whole=False),
    Shot("desk-settings", "/desk/settings", signed_in=True, whole=False),
    Shot("desk-reported", "/desk/reported", signed_in=True, whole=False),
    Shot("desk-help", "/desk/pending", lambda page: page.keyboard.press("?"), signed_in=True, whole=False),
    Shot("connect", "/desk/connect", signed_in=True),
    Shot("connect-key", "/desk/connect?how=akismet", _make_a_key, signed_in=True),
    Shot("policy", "/desk/policy", _try_a_word, signed_in=True, whole=False),
    Shot("numbers", "/desk/numbers", signed_in=True, whole=False),
    Shot("log", "/desk/log", signed_in=True, whole=False),
    Shot("people", "/desk/people", signed_in=True, whole=False),
    Shot("account", "/desk/account", signed_in=True, whole=False),
    Shot("desk-empty", "/desk/escalated", signed_in=True, whole=False),
)


def main(wanted: list[str]) -> int:
    if chromium() is None:
        print(MISSING, file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    TARGET.mkdir(exist_ok=True)
    with _service() as (url, link), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        signed_in = _choose_password(browser, link)
        for shot in SHOTS:
            if not wanted or any(word in shot.name for word in wanted):
                for size in SIZES:
                    for scheme in SCHEMES:
                        print(_take(browser, shot, url, size, scheme, signed_in).relative_to(ROOT))
        browser.close()
    return 0


@contextmanager
def _service() -> Iterator[tuple[str, str]]:
    """A whole installation in a temporary folder: its address, and the first moderator's link."""
    with tempfile.TemporaryDirectory(prefix="moderato-") as folder:
        port = free_port()
        environment = {**os.environ, "DATA_DIR": folder, "PORT": str(port), "RATE_LIMIT_COMMENTS": "10000/minute"}
        said = Path(folder) / "said.txt"
        with said.open("wb") as out:
            service = subprocess.Popen(
                [sys.executable, "-m", "moderation", "run"], cwd=ROOT, env=environment, stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            wait_until(lambda: b"Ctrl-C" in said.read_bytes(), within_s=90, what=f"the start\n{said.read_text()}")
            link = re.search(r"http\S+/desk/welcome/\S+", said.read_text())
            assert link is not None
            yield f"http://localhost:{port}", link[0]
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(40)


def _choose_password(browser: Browser, link: str) -> StorageState:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.wait_for_url("**/desk/**")
    state = context.storage_state()
    context.close()
    return state


def _take(browser: Browser, shot: Shot, url: str, size: str, scheme: str, signed_in: StorageState) -> Path:
    context = browser.new_context(
        locale="en-GB",
        viewport=SIZES[size],
        color_scheme=scheme,
        reduced_motion="reduce",
        java_script_enabled=shot.script,
        storage_state=signed_in if shot.signed_in else None,
    )  # type: ignore[call-overload]
    page = context.new_page()
    page.goto(url + shot.path.replace("{url}", url))
    page.wait_for_load_state("networkidle")
    shot.act(page)
    file = TARGET / f"{shot.name}-{size}-{scheme}.png"
    page.screenshot(path=file, full_page=shot.whole)
    context.close()
    return file


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
