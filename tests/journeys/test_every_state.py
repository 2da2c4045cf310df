"""Every page in every state, light and dark, wide and narrow: no rule of axe-core broken, nothing too small to hit,
nothing wider than the window. All of it takes minutes; a few states are read each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.journeys.test_desk_axe import axe, violations
from tests.support.redis import running_redis
from tests.support.staged import Staged, running_stage
from tests.support.states import STATES, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

assert axe
pytestmark = pytest.mark.browser
SMALLEST = 24
# WCAG 2.2, 2.5.8: a target is as large as this, or so far from others that a circle of that size around it touches
# none; links within a sentence are left out, as are boxes whose label can be hit instead.
TOO_SMALL = """(smallest) => {
  const shown = (node) => node.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !node.closest('.unseen, .jump');
  const all = [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden]), label:has(input)')]
    .filter(shown).map((node) => [node, node.getBoundingClientRect()]).filter(([node, box]) => box.width > 1 && box.height > 1);
  const inline = (node) => node.tagName === 'A' && getComputedStyle(node).display === 'inline'
    && [...node.parentNode.childNodes].some((other) => other.nodeType === 3 && other.textContent.trim().length > 1);
  const covered = (node) => node.matches('input[type=checkbox], input[type=radio]') && node.labels && node.labels.length > 0;
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  const near = (node, box) => all.some(([other, theirs]) => {
    if (other === node || other.contains(node) || node.contains(other)) return false;
    const [x, y] = middle(box);
    const dx = Math.max(theirs.left - x, 0, x - theirs.right), dy = Math.max(theirs.top - y, 0, y - theirs.bottom);
    return Math.hypot(dx, dy) < smallest / 2;
  });
  return all.filter(([node, box]) => (box.width < smallest || box.height < smallest) && !inline(node) && !covered(node) && near(node, box))
    .map(([node, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${node.outerHTML.slice(0, 90)}`);
}"""  # noqa: E501
TOO_WIDE = "() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - window.innerWidth"
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
    found = violations(page)
    found += [f"target {each}" for each in page.evaluate(TOO_SMALL, SMALLEST)]
    wide = page.evaluate(TOO_WIDE)
    return [*found, f"{wide} px wider than the window"] if wide > 0 else found


def test_there_are_forty_states() -> None:
    assert len({shown.name for shown in STATES}) == len(STATES) >= 40


def test_what_is_too_small_or_too_wide_is_found(page: Page) -> None:
    small = "<button style='width:16px;height:16px;padding:0'>x</button>"
    page.set_content(f"<p>{small}{small}<a href='#'>in a sentence</a> here")
    assert [each.partition(" ")[0] for each in page.evaluate(TOO_SMALL, SMALLEST)] == ["16x16", "16x16"]
    page.set_content(f"{small}<div style='height:40px'></div>{small}<div style='width:3000px'>.</div>")
    assert page.evaluate(TOO_SMALL, SMALLEST) == []
    assert page.evaluate(TOO_WIDE) > 1000


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
