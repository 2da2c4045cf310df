"""Somebody sits down at the desk, with a mouse or without; what was wrong with a page on the way fails the errand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.journeys.errands.ways import WIDTHS, Way
from tests.support.hands import HANDS, Hand
from tests.support.newsroom import Newsroom, newsroom
from tests.support.serving import served_by_name

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from moderation.wiring import Wiring

SitDown = Callable[..., Hand]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The database's kind is tried by the tests of the same addresses without a browser."""
    return sqlite_url


@pytest.fixture
def address(wiring: Wiring) -> Iterator[str]:
    with served_by_name(wiring) as named:
        yield named.settings.public_url


@pytest.fixture
def room(wiring: Wiring) -> Newsroom:
    return newsroom(wiring)


@pytest.fixture
def sit_down(browser: Browser, address: str, room: Newsroom, way: Way) -> Iterator[SitDown]:
    """`sit_down("Ines", "/desk/pending")`; without a name nobody is signed in."""
    contexts, hands, faults = [], [], []

    def sat(who: str, path: str) -> Hand:
        context = browser.new_context(
            locale="en-GB", viewport={"width": way.width, "height": WIDTHS[way.width]}, color_scheme=way.scheme,
            reduced_motion="reduce", base_url=address,
        )  # type: ignore[call-overload]
        contexts.append(context)
        context.set_default_timeout(15_000)
        if who:
            context.add_cookies([{"name": "desk_session", "value": room[who].token, "url": f"{address}/desk"}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith((address, "data:", "blob:")) or faults.append(asked.url))
        hands.append(HANDS[way.hand](page))
        page.goto(path)
        return hands[-1]

    yield sat
    for context in contexts:
        context.close()
    faults += [fault for hand in hands for fault in hand.faults]
    assert not faults, "\n".join(sorted(set(faults)))
