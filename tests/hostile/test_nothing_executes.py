"""Hostile names, websites and comments on the embedded thread, the plain page, the status page and the desk.

Pages are opened as readers open them; those of single comments are also shown without any of the headers that
would protect them, so that the markup alone must be harmless. Raw HTML is the control: there strings do execute.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Browser

from moderation.web.app import create_app
from moderation.web.public.status_links import StatusLinks
from moderation.wiring import build
from tests.hostile import at_the_desk, payloads
from tests.hostile.firing import Stage, escaped, raw, stage
from tests.hostile.test_no_string_breaks_a_field import FIELDS, posted
from tests.journeys import ledger_check
from tests.support import settings
from tests.support.browser import article, other_site
from tests.support.databases import Databases, allow_origin
from tests.support.desk import Moderator
from tests.support.service import Service, running_service

pytestmark = pytest.mark.browser
ON_A_PAGE = 90
AT_ONCE = 200


@dataclass(frozen=True)
class Exhibit:
    """A running service in whose threads every string that it takes is published."""

    service: Service
    origin: str
    threads: list[str]
    ids: list[str]
    status_urls: list[str]
    strings: list[str]
    source: str


@contextmanager
def _exhibit(databases: Databases, folder: Path, strings: list[str], source: str) -> Iterator[Exhibit]:
    url = databases.migrated("sqlite")
    pages: dict[str, str] = {}
    with other_site(pages) as origin:
        allow_origin(url, origin)
        with running_service(url, folder, "web") as service:
            ids = _post_and_publish(service, url, origin, strings)
            count = -(-len(ids) // ON_A_PAGE)
            threads = [f"{origin}/hostile/{number}" for number in range(count)]
            for number in range(count):
                pages[f"/hostile/{number}"] = article(service.url, settings.SITE)
            links = StatusLinks(settings.environment(url, "", folder)["SECRET_KEY"], service.url)
            yield Exhibit(service, origin, threads, ids, [links.url(one) for one in ids], strings, source)


def _post_and_publish(service: Service, url: str, origin: str, strings: list[str]) -> list[str]:
    """In process, for speed; then all of it approved, straight in the database."""
    wiring = build(settings.load(url, service.redis_url, service.folder / "data"))
    client = create_app(wiring).test_client()
    ids: list[str] = []
    for number, string in enumerate(strings):
        for field in FIELDS:
            fields = posted(number, field, string)
            fields["thread_url"] = f"{origin}/hostile/{len(ids) // ON_A_PAGE}"
            reply = client.post("/api/v1/comments", json=fields)
            if reply.status_code < 300:
                ids.append(reply.json["id"])
    wiring.close()
    ledger_check.execute(url, "UPDATE comments SET state = 'approved'")
    ledger_check.execute(
        url,
        "UPDATE threads SET version = version + 1, approved ="
        " (SELECT count(*) FROM comments c WHERE c.thread_id = threads.id)",
    )
    return ids


def _look_at_everything(browser: Browser, shown: Exhibit, every: int) -> None:
    with stage(browser, shown.service.url, shown.origin) as reader:
        for thread in shown.threads:
            reader.visit(thread, ".comment")
            place = f"site={settings.SITE}&url={quote(thread, safe='')}"
            reader.visit(f"{shown.service.url}/comments?{place}", ".comment")
        _is_harmless(reader)
        assert reader.stray == [], "a reader's page asked another host for something"
    moderator = Moderator(shown.service, "Ada", "admin")
    visited = shown.ids[::every]
    at_the_desk.surround(shown.service.database_url, moderator.email, visited, shown.strings)
    pages = at_the_desk.pages(moderator, shown.service.database_url, visited, shown.strings)
    stood_on: set[str] = set()
    desk = at_the_desk.on_which(pages, shown.strings, stood_on)
    with stage(browser, shown.origin) as bare:
        bare.page.goto(shown.threads[0])
        statuses = (requests.get(url).text for url in shown.status_urls[::every])
        looked_at = 0
        for some in _in_parts(itertools.chain(statuses, desk), AT_ONCE):
            bare.show_without_protection(some)
            looked_at += len(some)
        _is_harmless(bare)
    assert stood_on >= at_the_desk.READ_ON, "the strings were there to execute"
    print(
        f"\n{shown.source}: {len(shown.ids)} comments on {len(shown.threads)} threads, embedded and plain;"
        f" {len(visited)} status pages and {looked_at - len(visited)} pages of the desk:"
        f" {len(reader.fired) + len(bare.fired)} executions, {reader.elements + bare.elements} elements excited"
    )
    moderator.close()


def _in_parts(pages: Iterator[str], size: int) -> Iterator[list[str]]:
    while part := list(itertools.islice(pages, size)):
        yield part


def _is_harmless(seen: Stage) -> None:
    assert seen.elements > 100, "there was something to look at"
    assert seen.fired == []
    assert seen.bad_addresses == []


def _control(browser: Browser, strings: list[str]) -> int:
    """How many times raw HTML executes; escaped in the same frames, nothing must."""
    with other_site({"/": "<!doctype html><body>"}) as origin:
        with stage(browser, origin) as harmless:
            harmless.page.goto(f"{origin}/")
            harmless.show_without_protection([escaped(string) for string in strings])
            assert harmless.fired == []
        with stage(browser, origin) as dangerous:
            dangerous.page.goto(f"{origin}/")
            dangerous.show_without_protection([raw(string) for string in strings])
            return len(dangerous.fired)


@pytest.mark.timeout(900, method="signal")
def test_a_twentieth_of_the_hostile_strings_executes_nowhere(
    browser: Browser, new_databases: Databases, tmp_path: Path
) -> None:
    strings, source = payloads.sample(0.05)
    with _exhibit(new_databases, tmp_path, strings, source) as shown:
        _look_at_everything(browser, shown, every=6)


@pytest.mark.timeout(200, method="signal")
def test_the_same_strings_do_execute_as_raw_html(browser: Browser) -> None:
    strings, source = payloads.sample()
    fired = _control(browser, strings[:400])
    print(f"\ncontrol, {source}: raw HTML executed {fired} times")
    assert fired >= 10


@pytest.mark.long
@pytest.mark.timeout(3600, method="signal")
def test_no_hostile_string_executes_anywhere(browser: Browser, new_databases: Databases, tmp_path: Path) -> None:
    strings, source = payloads.every()
    with _exhibit(new_databases, tmp_path, strings, source) as shown:
        _look_at_everything(browser, shown, every=3)
