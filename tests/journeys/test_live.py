"""Server-Sent Events by the real web server: told at once, held up by nobody, and asked for where there is no place."""

from __future__ import annotations

import re
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import expect

from tests.support.desk import Moderator
from tests.support.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    # Which database it is cannot matter: the tests of the same streams without a browser run on both.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
STREAMS = 5


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """One web process with two threads: had a stream a thread, nobody else would be served."""
    with running_service(
        database_url, tmp_path, "web", WEB_PROCESSES="1", WEB_THREADS="2", LIVE_STREAMS=str(STREAMS)
    ) as running:
        yield running


def held(service: Service, name: str) -> str:
    answer = requests.post(f"{service.url}/api/v1/comments", timeout=30, json={
        "site": "demo", "thread_url": "http://news.test/a", "name": name, "email": f"{name.lower()}@example.org",
        "comment": f"The mayor is a clown, says {name}.",
    })  # fmt: skip
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def listens(service: Service, who: Moderator) -> socket.socket:
    """A reader who takes the beginning of the answer and then, unless asked, nothing."""
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=20)
    cookies = "; ".join(f"{each.name}={each.value}" for each in who.session.cookies)
    connection.sendall(f"GET /desk/live HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n".encode())
    return connection


def hears(connection: socket.socket, word: bytes) -> bytes:
    said = b""
    while word not in said:
        some = connection.recv(4096)
        assert some, said
        said += some
    return said


def test_desks_are_told_at_once_and_readers_who_take_nothing_hold_up_nobody(
    service: Service, browser: Browser
) -> None:
    with ExitStack() as open_ones:
        _told_at_once(service, browser, open_ones)


def _told_at_once(service: Service, browser: Browser, open_ones: ExitStack) -> None:
    ada, ines = Moderator(service, "Ada"), Moderator(service, "Ines")
    for name in ("Anna", "Berta", "Clara", "Doris"):
        held(service, name)
    lazy = [open_ones.enter_context(listens(service, ada)) for _ in range(STREAMS - 1)]
    for each in lazy:
        begin = hears(each, b"event: hello")
        assert b" 200 OK" in begin and b"text/event-stream" in begin
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    context.add_cookies(ines.cookies)  # type: ignore[arg-type]
    page = context.new_page()
    with page.expect_response(re.compile("/desk/live")) as live:
        page.goto(f"{service.url}/desk/pending")
    assert live.value.status == 200
    waiting = page.locator(".below [data-row]").last.get_attribute("data-row") or ""
    began = time.monotonic()
    assert ada.decide(waiting, "approve", version=1).ok
    expect(page.locator(f"[data-row='{waiting}']")).to_contain_text("Approved", timeout=20_000)
    print(f"\nfaded {time.monotonic() - began:.1f} s after the decision was sent")
    hears(lazy[0], b"event: changed")
    # All places are taken: asked for every few seconds instead, and served all the same.
    with listens(service, ada) as refused:
        assert b" 204 " in hears(refused, b"\r\n\r\n")
    for _ in range(5):
        assert ada.get("/desk/pending").ok
    # A new web process knows nothing of the streams of the old one; the page finds its way back.
    with page.expect_response(re.compile("/desk/live"), timeout=40_000):
        service.kill("web")
        service.start("web")
    context.close()


def test_without_streams_the_page_asks(database_url: str, tmp_path: Path, browser: Browser) -> None:
    with running_service(database_url, tmp_path, "web", WEB_PROCESSES="1", LIVE_STREAMS="0") as service:
        ada, ines = Moderator(service, "Ada"), Moderator(service, "Ines")
        for name in ("Anna", "Berta", "Clara"):
            held(service, name)
        context = browser.new_context()
        context.add_cookies(ines.cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{service.url}/desk/pending")
        waiting = page.locator(".below [data-row]").last.get_attribute("data-row") or ""
        assert ada.decide(waiting, "approve", version=1).ok
        expect(page.locator(f"[data-row='{waiting}']")).to_contain_text("Approved", timeout=20_000)
        context.close()
