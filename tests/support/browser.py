"""A real Chromium, and a second origin that embeds the comment form as a third-party site would."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
MISSING = "no working Chromium: install it (Debian: apt-get install chromium libatomic1) or put it on PATH"


def chromium() -> str | None:
    """A Chromium that can be driven; None where it or what Playwright's driver needs is missing."""
    from playwright._impl._driver import compute_driver_executable

    driver, _ = compute_driver_executable()
    if subprocess.run([driver, "--version"], capture_output=True, check=False).returncode != 0:
        return None
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium a session; skipped with a sentence where there is none, but never in CI."""
    executable = chromium()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page with nothing remembered."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def page_without_javascript(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def article(service_url: str, site: str, *, title: str = "The bus stop", head: str = "") -> str:
    """An article as another publisher would write it: one script tag, nothing else of ours."""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>{head}"
        f"<article><h1>{title}</h1><p>The council moves the stop by 400 metres.</p></article>"
        f'<script src="{service_url}/embed.js" data-site="{site}" async></script></html>'
    )


@contextmanager
def other_site(pages: dict[str, str]) -> Iterator[str]:
    """Serve these pages, by path, from an origin of their own (another port); yields the origin.

    Pages may be added to the mapping while it runs.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.partition("?")[0])
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def third_party() -> Iterator[Callable[[dict[str, str]], str]]:
    """`third_party({"/article": html})` serves pages from another origin and returns the origin."""
    with ExitStack() as stack:
        yield lambda pages: stack.enter_context(other_site(pages))
