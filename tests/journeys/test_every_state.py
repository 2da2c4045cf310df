"""Every page in every state, light and dark, wide and narrow: no rule of axe-core broken, nothing too small to hit,
nothing wider than the window. All of it takes minutes; a few states are read each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.journeys.test_desk_axe import axe, violations
from tests.support.layout import too_small, too_wide
from tests.support.redis import running_redis
from tests.support.staged import Staged, running_stage
from tests.support.states import STATES, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

assert axe
pytestmark = pytest.mark.browser
QUICK = ("sign-in", "desk", "learning", "account-passkeys")
LOOKS = [("light", 1600), ("dark", 1600), ("light", 1024), ("dark", 360), ("light", 360)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    with running_redis() as redis_url, running_stage(tmp_path_factory.mktemp("staged"), redis_url, days=14) as staged:
        yield staged


@pytest.fixture
def look(browser: Browser, stage: Staged) -> Iterator[Callable[[Shown, str, int], list[str]]]:
    """What is wrong with one state, at this width and in this light."""
    contexts = []

    def looked(shown: Shown, scheme: str, width: int) -> list[str]:
        context = browser.new_context(
            locale="en-GB", viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce",
            java_script_enabled=shown.script,
        )  # type: ignore[call-overload]
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = stage.opened(context, shown.who, shown.path)
        shown.act(page, stage)
        found = _wrong(page) if shown.script else []
        context.close()
        return found

    yield looked
    for context in contexts:
        context.close()


def _wrong(page: Page) -> list[str]:
    return [*violations(page), *too_small(page), *too_wide(page)]


def test_there_are_forty_states() -> None:
    assert len({shown.name for shown in STATES}) == len(STATES) >= 40


def test_what_is_too_small_or_too_wide_is_found(page: Page) -> None:
    small = "<button style='width:16px;height:16px;padding:0'>x</button>"
    page.set_content(f"<p>{small}{small}<a href='#'>in a sentence</a> here")
    assert [each[:13] for each in too_small(page)] == ["target 16x16 "] * 2 and not too_wide(page)
    page.set_content(f"{small}<div style='height:40px'></div>{small}<div style='width:3000px'>.</div>")
    assert not too_small(page) and too_wide(page)


@pytest.mark.parametrize(("scheme", "width"), [("dark", 360)])
def test_a_few_states_break_no_rule(
    look: Callable[[Shown, str, int], list[str]], scheme: str, width: int
) -> None:
    _all_of(look, [shown for shown in STATES if shown.name in QUICK], scheme, width)


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_no_state_breaks_a_rule(look: Callable[[Shown, str, int], list[str]], scheme: str, width: int) -> None:
    _all_of(look, list(STATES), scheme, width)


def _all_of(look: Callable[[Shown, str, int], list[str]], states: list[Shown], scheme: str, width: int) -> None:
    wrong = {shown.name: found for shown in states if (found := look(shown, scheme, width))}
    assert not wrong, "\n".join(f"{name}: {'; '.join(found[:4])}" for name, found in wrong.items())
