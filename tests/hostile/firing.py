"""Did a string execute? In Chromium, with every event sent to every element that it could have made."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Route

EVENTS = (
    "load", "error", "click", "mouseover", "mouseenter", "focus", "blur", "input", "change", "keydown",
    "pointerover", "animationend", "toggle",
)  # fmt: skip
HOOKS = """for (const name of ["alert", "confirm", "prompt", "print", "open"])
  window[name] = () => { window.executed(name); return null; };"""
EXCITE = """([selector, events]) => {
  const roots = [document], bad = [];
  let count = 0;
  for (const root of roots)
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) roots.push(element.shadowRoot);
      if (!element.closest(selector)) continue;
      count += 1;
      // <link rel="icon" href="data:,"> is a page's own way to have no icon.
      const address = element.localName === "link" ? "" : element.href || element.action || element.src || "";
      if (typeof address === "string" && /^\\s*(javascript|data|vbscript):/i.test(address)) bad.push(address);
      for (const event of events) element.dispatchEvent(new Event(event));
    }
  return [count, bad];
}"""
SHOW = """async (documents) => {
  document.body.replaceChildren();
  await Promise.all(documents.map((text) => new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.onload = () => done();
    setTimeout(done, 3000);
    frame.srcdoc = text;
    document.body.append(frame);
  })));
}"""
FRAMES_AT_ONCE = 40


class Stage:
    """A page that reports what executed in it, and keeps what it tried to fetch from anywhere else."""

    def __init__(self, page: Page, allowed: Sequence[str]) -> None:
        self.page = page
        self.fired: list[str] = []
        self.stray: list[str] = []
        self.bad_addresses: list[str] = []
        self.elements = 0
        self._allowed = tuple(allowed)
        page.context.expose_binding("executed", lambda _source, name: self.fired.append(name))
        page.context.add_init_script(HOOKS)
        page.context.route("**/*", self._only_allowed)
        page.on("dialog", lambda dialog: (self.fired.append("dialog"), dialog.dismiss()))

    def _only_allowed(self, route: Route) -> None:
        if route.request.url.startswith(self._allowed):
            route.continue_()
        else:
            self.stray.append(route.request.url)
            route.abort()

    def visit(self, url: str, selector: str) -> None:
        """Open a page, wait until the comments stand, and excite everything within them."""
        self.page.goto(url)
        self.page.locator(selector).first.wait_for(state="attached")
        self._excite(self.page.main_frame, selector)

    def show_without_protection(self, documents: Sequence[str]) -> None:
        """Each document in a frame of its own, without the headers that would protect a page."""
        for start in range(0, len(documents), FRAMES_AT_ONCE):
            self.page.evaluate(SHOW, list(documents[start : start + FRAMES_AT_ONCE]))
            for frame in self.page.frames[1:]:
                if frame.url.startswith("about:srcdoc"):
                    self._excite(frame, "*")

    def _excite(self, frame: Any, selector: str) -> None:
        count, bad = frame.evaluate(EXCITE, [selector, list(EVENTS)])
        self.elements += count
        self.bad_addresses += bad


@contextmanager
def stage(browser: Browser, *allowed: str) -> Iterator[Stage]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(20_000)
    try:
        yield Stage(context.new_page(), allowed)
    finally:
        context.close()


def raw(string: str) -> str:
    """What a service without any escaping would send; the control."""
    return f"<!doctype html><p>{string}</p>"


def escaped(string: str) -> str:
    return f"<!doctype html><p>{html.escape(string)}</p>"
