"""axe-core over the desk's pages and states, light and dark: no violation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moderation.domain.comment import State
from moderation.services import escalate, preferences, report, review, search
from moderation.services.preferences import KEYS, Preferences
from moderation.services.review import Decide
from moderation.storage import comments
from tests.journeys.test_desk_journey import address, ines, open_desk, press  # noqa: F401
from tests.support import moderating as desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from moderation.wiring import Wiring

axe = pytest.importorskip("axe_playwright_python", reason="the test extra holds axe-core")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 160))])"  # noqa: E501
VIEWS = ("pending", "reported", "unscored", "escalated", "appeals", "audit", "approved", "rejected", "spam")


def violations(page: Page) -> list[str]:
    # Evaluated, not added as a tag: the page's own policy admits no script but ours.
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    return [f"{rule}: {nodes[:2]}" for rule, nodes in page.evaluate(RUN)]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1600), ("dark", 360)])
def test_no_page_or_state_of_the_desk_breaks_a_rule(
    wiring: Wiring, open_desk: Callable[..., Page], ines: desk.Person, scheme: str, width: int  # noqa: F811
) -> None:
    lena = desk.moderator(wiring, "Lena", role="lead")
    texts = [f"You people are complete idiots, said number {number}." for number in range(8)]
    ids = desk.queue(wiring, texts)
    for one, verdict in zip(ids, (State.APPROVED, State.REJECTED, State.SPAM), strict=False):
        review.decide(wiring, Decide(lena.id, one, 1, verdict, for_team="Weekly.", for_author="Be civil, please."))
    report.report(wiring, ids[0], reporter="x", reason=report.ReportReason.HATE, text="It is vile.")
    report.appeal(wiring, ids[1], "It was a joke.")
    escalate.escalate(wiring, ines.id, ids[3], "Is this libel?")
    escalate.escalate(wiring, ines.id, ids[4], "And this?")
    escalate.answer(wiring, lena.id, ids[4], "No.")
    search.index(wiring)
    with wiring.database.read() as conn:
        author = comments.by_id(conn, ids[0]).author_id  # type: ignore[union-attr]
    page = open_desk(who=lena, viewport={"width": width, "height": 900}, color_scheme=scheme)
    base, found = page.url.partition("/desk")[0], {}

    def look(state: str) -> None:
        if told := violations(page):
            found[state] = told

    sheets = ("search?q=idiots", "bulk?q=idiots&verdict=reject", f"authors/{author}", "settings")
    for path in (*VIEWS, *sheets):
        page.goto(f"{base}/desk/{path}")
        look(path)
    for key in ("e", "n", "r", "?"):
        page.goto(f"{base}/desk/pending")
        if width > 1000 or key in "r?":
            press(page, key)
        look(f"pending, {key}")
    preferences.keep(wiring, lena.id, Preferences(KEYS, mask=True))
    page.goto(f"{base}/desk/pending?q=idiots")
    look("masked and narrowed")
    for path in (f"/report/{ids[0]}",):
        page.goto(base + path)
        look(path)
    assert not found, "\n".join(f"{state}: {told}" for state, told in found.items())
