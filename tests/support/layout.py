"""What can be measured of a page: targets that are too small to hit, and what is wider than the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

SMALLEST = 24
# WCAG 2.2, 2.5.8: a target is as large as this, or so far from others that a circle of that size around it touches
# none; links within a sentence are left out, as are boxes whose label can be hit instead, and what lies under a bar.
TOO_SMALL = """(smallest) => {
  const shown = (node) => node.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !node.closest('.unseen, .jump');
  const lies = (box) => document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const under = (node, box) => { const top = lies(box); return top && !node.contains(top) && !top.contains(node); };
  const all = [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden]), label:has(input)')]
    .filter(shown).map((node) => [node, node.getBoundingClientRect()]).filter(([node, box]) => box.width > 1 && box.height > 1 && !under(node, box));
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


def too_small(page: Page) -> list[str]:
    return [f"target {each}" for each in page.evaluate(TOO_SMALL, SMALLEST)]


def too_wide(page: Page) -> list[str]:
    wide = page.evaluate(TOO_WIDE)
    return [f"{wide} px wider than the window"] if wide > 0 else []
