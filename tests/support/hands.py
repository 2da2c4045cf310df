"""What somebody does at a page, in their own words; a mouse does it by visible controls, a keyboard by keys alone."""

from __future__ import annotations

import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.layout import too_small, too_wide

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

KEYS = {
    "approve": "a", "reject": "r", "spam": "s", "skip": "x", "escalate": "e", "note": "n", "undo": "u", "next": "j",
    "back": "k", "search": "/", "peek": "p", "help": "?",
}  # fmt: skip
READABLE_MS = 350  # nobody reads faster, and the keys do not answer sooner
MOST_TABS = 220
CHOSEN = "select => select.selectedOptions[0].textContent.trim()"
# What has the focus: its name, and whether one sees that it has. Nothing may lie over all of it (WCAG 2.2, 2.4.11) but
# what somebody opened and closes by a key.
FOCUSED = """() => {
  const here = document.activeElement;
  if (here === document.body) return null;
  const style = getComputedStyle(here), box = here.getBoundingClientRect();
  const tidy = (text) => (text || '').replace(/\\s+/g, ' ').trim();
  const parts = (label) => [...label.childNodes].filter((part) => part.nodeName !== 'SELECT');
  const label = (node) => [...node.labels ?? []].flatMap(parts).map((part) => part.textContent).join(' ');
  const open = ([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (here.contains(top) || top.contains(here) || top.closest('details[open] > :not(summary)'));
  };
  return {
    name: tidy(here.getAttribute('aria-label') || label(here) || here.textContent || here.value).slice(0, 90),
    radios: here.type === 'radio' ? [...document.getElementsByName(here.name)].map((each) => tidy(label(each))) : [],
    lined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    open: [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].some(open),
  };
}"""


def named(name: str) -> re.Pattern[str]:
    """Controls say more than their name: a key, whom they are about."""
    return re.compile(rf"^\s*{re.escape(name)}(?!\w)")


class Hand(ABC):
    """`faults`: what was wrong with the pages it passed, whether or not the errand went on."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []

    @abstractmethod
    def press(self, name: str) -> None:
        """A button, a link, or what opens."""

    @abstractmethod
    def write(self, label: str, text: str) -> None:
        """Into a field, in place of what was there."""

    @abstractmethod
    def choose(self, label: str, option: str) -> None:
        """From a list."""

    @abstractmethod
    def tick(self, label: str) -> None:
        """A box, or one of several."""

    @abstractmethod
    def send(self, name: str) -> None:
        """What was just written, by the button of this name or the quick way."""

    @abstractmethod
    def do(self, action: str) -> None:
        """One of KEYS, on the comment in focus."""

    @abstractmethod
    def reject(self, reason: str) -> None:
        """The comment in focus, as this."""

    @abstractmethod
    def brush(self, low: int, high: int) -> None:
        """A range of the scores on the page of search."""

    def set_day(self, label: str, digits: str) -> None:
        """A day whose number is its month's, since browsers disagree about which comes first."""
        self._to_start_of(label)
        self.page.keyboard.type(digits)

    @abstractmethod
    def _to_start_of(self, label: str) -> None: ...

    def download(self, name: str) -> list[list[str]]:
        """The rows of a CSV file."""
        with self.page.expect_download() as told:
            self.press(name)
        return list(csv.reader(io.StringIO(Path(told.value.path()).read_text(encoding="utf-8"))))

    @contextmanager
    def moving(self) -> Iterator[None]:
        """What is done in here leads to another page."""
        with self.page.expect_navigation(wait_until="load"):
            yield

    def goes(self, *names: str) -> None:
        """Through links, one after the other, each to another page."""
        for name in names:
            with self.moving():
                self.press(name)

    def sends(self, name: str) -> None:
        """As `send`, and it leads to another page."""
        with self.moving():
            self.send(name)

    def says(self, text: str) -> None:
        self.page.get_by_text(text).filter(visible=True).first.wait_for()
        self.look()

    def headed(self, text: str) -> None:
        """The page has this as its title."""
        self.page.get_by_role("heading", level=1, name=text, exact=True).wait_for()
        self.look()

    def reads(self, text: str) -> None:
        """The comment in focus, or that there is none, says this; and what was decided before has arrived."""
        self.page.locator("#comment .text, #comment.empty").filter(has_text=text).wait_for()
        self.page.locator("#reading:not([aria-busy])").wait_for()
        self.look()

    def look(self) -> None:
        # What is parsed may have no style yet: nobody sees it so, but asked for its size it would answer.
        self.page.wait_for_load_state("load")
        found = [*too_small(self.page), *too_wide(self.page)]
        self.faults += [f"{self.page.url.partition('/desk')[2]}: {each}" for each in found]


class Mouse(Hand):
    """Playwright clicks only what is seen, holds still and lies under nothing."""

    def press(self, name: str) -> None:
        self.look()
        self._control(name).first.click()

    def write(self, label: str, text: str) -> None:
        self._field(label).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        field = self._field(label)
        field.click(trial=True)
        field.select_option(label=option)  # the list itself is drawn by the system, where no test can click

    def tick(self, label: str) -> None:
        self._field(label).click()

    def send(self, name: str) -> None:
        self.press(name)

    def do(self, action: str) -> None:
        self.look()
        if action == "back":
            self.page.go_back()
        elif action == "next":
            self.press("Next, without deciding")
        elif action == "search":
            self.page.get_by_role("searchbox", name=named("Search comments")).click()
        elif action == "peek":
            for masked in self.page.locator("details.masked summary").all():
                masked.click()
        elif action == "help":
            self._control("Keys").first.click()
        else:
            more = self._control("More", "#comment")
            if action in ("escalate", "note") and more.count():
                more.click()  # where there is little room
            self._control(action.capitalize(), "#comment").first.click()

    def reject(self, reason: str) -> None:
        self.do("reject")
        self.press(f"Reject as {reason.lower()}")

    def brush(self, low: int, high: int) -> None:
        plot = self.page.locator("#plot svg").first
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box is not None
        across = [box["x"] + box["width"] * share / 100 for share in (low, high)]
        self.page.mouse.move(across[0], box["y"] + 40)
        self.page.mouse.down()
        self.page.mouse.move(across[1], box["y"] + 60, steps=4)
        with self.moving():
            self.page.mouse.up()

    def _to_start_of(self, label: str) -> None:
        self._field(label).click(position={"x": 16, "y": 18})

    def _field(self, label: str) -> Locator:
        # Of a label around a list, what the list offers is a part.
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).filter(visible=True).first

    def _control(self, name: str, within: str = "body") -> Locator:
        called, place, opens = named(name), self.page.locator(within), self.page.locator(f"{within} summary")
        known = place.get_by_role("button", name=called).or_(place.get_by_role("link", name=called))
        known = known.or_(opens.filter(has_text=called)).or_(opens.and_(self.page.get_by_label(called)))
        return known.filter(visible=True)


class Keyboard(Hand):
    """Tab, Enter, Space, arrows, letters. Whatever Tab reaches must show that it has the focus, and be in sight."""

    def press(self, name: str) -> None:
        self._tab_to(name)
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        self._tab_to(label)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        self._tab_to(label)
        self.page.keyboard.type(option)
        chosen = self.page.locator("select:focus").evaluate(CHOSEN)
        assert chosen == option, f"{label}: {chosen!r} is chosen"

    def tick(self, label: str) -> None:
        for _ in self._tab_to(label):
            if named(label).search(self.page.evaluate(FOCUSED)["name"]):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")

    def send(self, name: str) -> None:
        """Enter sends from a field; from a larger one at the desk Ctrl and Enter; else Tab leads to the button."""
        field = self.page.locator("input:focus, textarea:focus")
        if field.and_(self.page.locator("input")).count():
            self.page.keyboard.press("Enter")
        elif field.and_(self.page.locator("#reading textarea")).count():
            self.page.keyboard.press("Control+Enter")
        else:
            self.press(name)

    def do(self, action: str) -> None:
        self.look()
        self.page.wait_for_timeout(READABLE_MS)
        self.page.keyboard.press(KEYS[action])

    def reject(self, reason: str) -> None:
        self.do("reject")
        choice = self.page.locator("#reasons button").filter(has_text=reason)
        self.page.keyboard.press(choice.locator("kbd").first.inner_text())

    def brush(self, low: int, high: int) -> None:
        self.write("Score from", str(low))
        self.write("to, %", str(high))
        self.sends("Search")

    def _to_start_of(self, label: str) -> None:
        self._tab_to(label)

    def _tab_to(self, name: str) -> list[str]:
        """The names of the group of choices that it is one of; none for all else."""
        self.look()
        passed: list[str] = []
        for presses in range(MOST_TABS):
            if presses:
                self.page.keyboard.press("Tab")
            at = self.page.evaluate(FOCUSED)
            if at is None:
                continue
            found = [each for each in (at["name"], *at["radios"]) if named(name).search(each)]
            if presses or found:
                self._is_seen(at)
            if found:
                return list(at["radios"])
            passed.append(at["name"][:30])
        raise AssertionError(f"no {name!r} by Tab, only {sorted(set(passed))}")

    def _is_seen(self, at: dict[str, object]) -> None:
        where = self.page.url.partition("/desk")[2]
        if not at["lined"]:
            self.faults.append(f"{where}: {at['name']}: nothing shows that it has the focus")
        if not at["open"] and not self._comes_into_sight():
            self.faults.append(f"{where}: {at['name']}: has the focus where nobody sees it")

    def _comes_into_sight(self) -> bool:
        """A row that scrolls takes a moment."""
        for _ in range(8):
            self.page.wait_for_timeout(100)
            at = self.page.evaluate(FOCUSED)
            if at is None or at["open"]:
                return True
        return False


HANDS: dict[str, type[Hand]] = {"mouse": Mouse, "keyboard": Keyboard}
