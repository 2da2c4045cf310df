"""The widget as a reader meets it: a real Chromium, on a publisher's page of another origin."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.services.submission import SubmitComment
from moderation.services.submit import submit
from moderation.wiring import Wiring, build
from tests.support import settings
from tests.support.approving import approve, decide_on
from tests.support.browser import article, other_site
from tests.support.databases import Databases, allow_origin
from tests.support.service import Service, running_service

pytestmark = pytest.mark.browser
MODELS = Path(__file__).resolve().parents[2] / "models" / "artefacts"
SENTENCE = "The stop should stay where the old people's home is."
# More links than the policy lets through without a person, whatever a model says.
SOURCES = "https://a.example/1 https://b.example/2 https://c.example/3"
HOSTILE_CSS = (
    "<style>*{all:unset!important;display:block!important} input,textarea,button,div{display:none!important}"
    "body{text-transform:uppercase;white-space:nowrap;letter-spacing:1em}</style>"
)


@dataclass(frozen=True)
class Live:
    """A running service, a publisher's pages on another origin, and the same database at hand."""

    service: Service
    origin: str
    pages: dict[str, str]
    wiring: Wiring

    def publish(self, path: str, **how: Any) -> str:
        """A fresh article under this path; its address."""
        self.pages[path] = article(self.service.url, settings.SITE, **how)
        return f"{self.origin}{path}"

    def comment(self, url: str, text: str, parent: str | None = None, name: str = "Bo", website: str = "") -> str:
        """An approved comment, sent by the service's own code."""
        site = self.wiring.sites.by_key(settings.SITE)
        assert site is not None
        command = SubmitComment(
            site=site, thread_url=url, thread_title="The bus stop", name=name, email="bo@example.org",
            website=website, text=text, parent=parent, network_address="192.0.2.7", form=_filled_in(),
        )  # fmt: skip
        done = submit(self.wiring, command)
        if done.state is not State.APPROVED:
            approve(self.wiring, done.id)
        return done.id


def _filled_in() -> Any:
    from moderation.checks.context import Form

    return Form(token="ok", age_s=30.0)


@pytest.fixture(scope="module")
def live(new_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("embed")
    url = new_databases.migrated("sqlite")
    pages: dict[str, str] = {}
    with other_site(pages) as origin:
        allow_origin(url, origin)
        with running_service(url, folder, "web", DEMO="1") as service:
            wiring = build(settings.load(url, service.redis_url, folder / "data", PUBLIC_URL=service.url))
            yield Live(service, origin, pages, wiring)
            wiring.close()


def box(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label)


def comments(page: Page) -> Locator:
    return page.locator(".comment")


def fill_in(page: Page, comment: str = SENTENCE, *, name: str = "Ann", email: str = "ann@example.org") -> None:
    box(page, "Comment").fill(comment)
    box(page, "Name").fill(name)
    box(page, "Email").fill(email)


def send(page: Page) -> None:
    page.get_by_role("button", name="Post comment").click()


def focused(page: Page) -> Any:
    return page.evaluate("document.querySelector('[data-moderato]').shadowRoot.activeElement?.name")


def stored(live: Live, text: str) -> list[Any]:
    from sqlalchemy import text as sql

    with live.wiring.database.read() as conn:
        return list(conn.execute(sql("SELECT comment_id FROM revisions WHERE text = :text"), {"text": text}))


def test_an_empty_form_names_each_field_and_leads_to_it(live: Live, page: Page) -> None:
    page.goto(live.publish("/empty"))
    send(page)
    summary = page.locator(".summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(3)
    summary.get_by_role("link").nth(2).click()
    assert focused(page) == "email"
    email = box(page, "Email")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(re.compile("not be published.*Please give an email address"))


def test_a_held_comment_is_seen_by_its_author_alone(live: Live, page: Page, browser: Browser) -> None:
    text = f"Held, and yet here. {SOURCES}"
    page.goto(live.publish("/held"))
    fill_in(page, text, email="canary-address@example.org")
    send(page)
    mine = comments(page).filter(has_text=text)
    expect(mine).to_contain_text("Waiting for a moderator. Only you can see it.")
    expect(mine).to_be_focused()
    page.reload()
    expect(mine).to_contain_text("Waiting for a moderator.")
    stranger = browser.new_page()
    stranger.goto(f"{live.origin}/held")
    expect(stranger.get_by_role("button", name="Post comment")).to_be_visible()
    assert text not in stranger.locator("[data-moderato]").inner_text()
    stranger.close()
    mine.get_by_role("link", name="Follow it here").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your comment is waiting for a moderator")
    assert "canary-address" not in page.content()


def test_a_decision_reaches_the_author_who_comes_back(live: Live, page: Page) -> None:
    text = f"Decided while I was away. {SOURCES}"
    url = live.publish("/decided")
    page.goto(url)
    fill_in(page, text)
    send(page)
    expect(page.locator(".state")).to_contain_text("Waiting")
    approve(live.wiring, stored(live, text)[0].comment_id)
    page.reload()
    expect(page.get_by_role("heading", name="1 comment")).to_be_visible()
    expect(comments(page)).to_have_count(1)
    expect(page.locator(".state")).to_have_count(0)


def test_what_becomes_of_a_held_comment_is_told_where_it_stands(live: Live, page: Page) -> None:
    """A worker reads most held comments again within a second."""
    text = f"Published while I looked on. {SOURCES}"
    page.goto(live.publish("/looked-on"))
    fill_in(page, text)
    send(page)
    own = comments(page).filter(has_text="Published while I looked on.")
    expect(own.locator(".state")).to_contain_text("Waiting")
    expect(page.get_by_role("heading", name="No comments yet")).to_be_visible()
    approve(live.wiring, stored(live, text)[0].comment_id)
    expect(own.locator(".state")).to_have_text("Published", timeout=15_000)
    expect(page.get_by_role("heading", name="1 comment")).to_be_visible()
    expect(own.get_by_role("button", name="Reply")).to_be_visible()
    expect(own.get_by_role("link", name="Report")).to_be_visible()
    expect(page.locator("form .status")).to_have_text("Published")
    page.reload()
    expect(comments(page)).to_have_count(1)


def test_a_refusal_is_told_where_the_comment_stands(live: Live, page: Page) -> None:
    text = f"Refused while I looked on. {SOURCES}"
    page.goto(live.publish("/refused"))
    fill_in(page, text)
    send(page)
    own = comments(page).filter(has_text="Refused while I looked on.")
    expect(own.locator(".state")).to_contain_text("Waiting")
    decide_on(live.wiring, stored(live, text)[0].comment_id, State.REJECTED, Reason.OFF_TOPIC)
    told = "This comment was not published. Only you can see it."
    expect(own.locator(".state")).to_contain_text(told, timeout=15_000)
    expect(page.locator("form .status")).to_have_text(told)
    expect(page.get_by_role("heading", name="No comments yet")).to_be_visible()
    own.get_by_role("link", name="See why").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your comment was not published")
    expect(page.locator("main")).to_contain_text(re.compile("topic", re.IGNORECASE))


def test_typed_text_survives_a_lost_answer_and_is_sent_once(live: Live, page: Page) -> None:
    # Three links: held whatever the model thinks, so that its state is shown.
    text = "Sent into a tunnel. See http://a.example http://b.example http://c.example"
    page.goto(live.publish("/tunnel"))
    fill_in(page, text)

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/v1/comments?*", lose_the_answer)
    send(page)
    expect(page.locator(".summary")).to_contain_text("What you wrote is kept.")
    page.unroute("**/api/v1/comments?*")
    page.reload()  # the answer is lost, and then the tab
    expect(box(page, "Comment")).to_have_value(text)
    expect(page.locator(".notice")).to_contain_text("What you had typed is still here.")
    send(page)
    expect(page.locator(".state")).to_be_visible()
    assert len(stored(live, text)) == 1


@pytest.mark.skipif(not any(MODELS.glob("*/*")), reason="without a model every comment waits for a person")
def test_a_comment_approved_at_once_says_so_in_its_place(live: Live, page: Page) -> None:
    text = "Thank you for the clear report. The map at the end helped me to find the new stop."
    page.goto(live.publish("/published"))
    fill_in(page, text)
    send(page)
    expect(comments(page).filter(has_text=text).locator(".state")).to_have_text("Published")
    expect(page.get_by_role("heading", name="1 comment")).to_be_visible()
    expect(box(page, "Comment")).to_have_value("")


def test_an_impatient_reader_sends_one_comment(live: Live, page: Page) -> None:
    text = "Clicked, and clicked, and clicked."
    page.goto(live.publish("/impatient"))
    fill_in(page, text)
    for _ in range(3):
        page.get_by_role("button", name=re.compile("Post comment|Sending")).dispatch_event("click")
    expect(page.locator(".state")).to_have_count(1)
    assert len(stored(live, text)) == 1


def test_a_refusal_by_rate_counts_down_and_keeps_the_text(
    new_databases: Databases, tmp_path: Path, page: Page
) -> None:
    url = new_databases.migrated("sqlite")
    pages: dict[str, str] = {}
    with other_site(pages) as origin:
        allow_origin(url, origin)
        with running_service(url, tmp_path, "web", RATE_LIMIT_COMMENTS="1/4 second") as service:
            pages["/fast"] = article(service.url, settings.SITE)
            page.goto(f"{origin}/fast")
            fill_in(page)
            send(page)
            expect(page.locator(".state")).to_be_visible()
            fill_in(page, "A second thought, too soon.")
            send(page)
            expect(page.locator(".summary")).to_contain_text("What you wrote is kept.")
            expect(page.locator(".ticking")).to_contain_text(re.compile(r"You can try again in \d seconds?\."))
            expect(box(page, "Comment")).to_have_value("A second thought, too soon.")
            expect(page.locator(".ticking")).to_have_count(0)
            send(page)
            expect(page.locator(".state")).to_have_count(2)


def test_replies_are_indented_four_levels_and_then_say_whom_they_answer(live: Live, page: Page) -> None:
    url = live.publish("/deep")
    parent = None
    for depth in range(1, 7):
        parent = live.comment(url, f"Level {depth} of the argument.", parent, name=f"Reader {depth}")
    live.comment(url, "A new thought at the end.", None)
    page.goto(url)
    levels = [
        comments(page).filter(has_text=f"Level {depth} of").evaluate(
            "node => { let n = 0; for (; node; node = node.parentElement) n += node.tagName === 'OL'; return n; }"
        )
        for depth in range(1, 7)
    ]  # fmt: skip
    assert levels == [1, 2, 3, 4, 4, 4]
    expect(comments(page).filter(has_text="Level 6 of")).to_contain_text("in reply to Reader 5")
    assert [text[:7] for text in page.locator(".text").all_inner_texts()] == [
        *(f"Level {depth}" for depth in range(1, 7)), "A new t",
    ]  # fmt: skip


def test_a_reply_is_written_under_the_comment_and_can_be_called_off(live: Live, page: Page) -> None:
    url = live.publish("/reply")
    live.comment(url, "A statement that asks for an answer.", name="Cleo")
    page.goto(url)
    page.get_by_role("button", name="Reply to Cleo").click()
    expect(comments(page).get_by_role("heading", name="Reply to Cleo")).to_be_visible()
    assert focused(page) == "comment"
    box(page, "Comment").fill("Half a thought")
    page.get_by_role("button", name="Cancel reply").click()
    expect(box(page, "Comment")).to_have_value("Half a thought")
    expect(page.get_by_role("button", name="Reply to Cleo")).to_be_focused()
    page.get_by_role("button", name="Reply to Cleo").click()
    fill_in(page, "An answer for Cleo.")
    send(page)
    nested = page.locator("li li .comment")
    expect(nested).to_contain_text("An answer for Cleo.")
    expect(page.get_by_role("heading", name="Leave a comment")).to_be_visible()


def test_nothing_that_a_reader_wrote_runs(live: Live, page: Page) -> None:
    url = live.publish("/hostile")
    live.comment(
        url, "<img src=x onerror='window.hit=1'><script>window.hit=2</script>", name="<b onmouseover=hit=3>Eve</b>"
    )
    page.goto(url)
    shown = comments(page)
    expect(shown).to_contain_text("<img src=x onerror=")
    expect(shown).to_contain_text("<b onmouseover=hit=3>Eve</b>")
    assert page.evaluate("window.hit") is None
    box(page, "Website").fill("javascript:alert(1)")
    send(page)
    expect(page.locator(".summary")).to_contain_text("This is not a web address.")


def test_a_website_is_linked_without_vouching_for_it(live: Live, page: Page) -> None:
    url = live.publish("/website")
    live.comment(url, "A remark by somebody with a page.", name="Dora", website="https://dora.example/")
    page.goto(url)
    link = page.get_by_role("link", name="Dora", exact=True)
    expect(link).to_have_attribute("href", "https://dora.example/")
    expect(link).to_have_attribute("rel", "nofollow ugc noopener noreferrer")


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("/css", HOSTILE_CSS),
        ("/rtl", "<script>document.documentElement.dir = 'rtl'</script>"),
        ("/dark", "<style>body{background:#111;color:#eee}</style>"),
    ],
)
def test_the_form_stands_whatever_the_page_around_it_does(live: Live, page: Page, path: str, head: str) -> None:
    page.goto(live.publish(path, head=head))
    for label in ("Comment", "Name", "Email", "Website"):
        expect(box(page, label)).to_be_visible()
    style = box(page, "Comment").evaluate(
        "node => [getComputedStyle(node).whiteSpace, getComputedStyle(node).textTransform]"
    )
    assert style == ["pre-wrap", "none"]
    fill_in(page, f"From {path}.")
    send(page)
    expect(page.locator(".state")).to_be_visible()


def test_a_page_that_allows_no_inline_style_or_script_still_has_its_form(live: Live, page: Page) -> None:
    policy = f"default-src 'none'; script-src {live.service.url}; connect-src {live.service.url}"
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    page.goto(live.publish("/strict", head=f'<meta http-equiv="Content-Security-Policy" content="{policy}">'))
    expect(page.get_by_role("button", name="Post comment")).to_be_visible()
    assert box(page, "Comment").evaluate("node => getComputedStyle(node).borderRadius") != "0px"
    assert [text for text in broken if "Content Security Policy" in text] == []


def test_the_same_script_twice_draws_one_form(live: Live, page: Page) -> None:
    url = live.publish("/twice")
    tag = re.search("<script .*</script>", live.pages["/twice"])
    assert tag is not None
    live.pages["/twice"] = live.pages["/twice"].replace(tag[0], tag[0] + tag[0])
    page.goto(url)
    expect(page.get_by_role("button", name="Post comment")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    assert page.locator("[data-moderato]").count() == 1


def test_it_asks_nobody_else_and_leaves_no_cookie(live: Live, page: Page) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add("/".join(request.url.split("/")[:3])))
    page.goto(live.publish("/private"))
    fill_in(page, "Only between us.")
    send(page)
    expect(page.locator(".state")).to_be_visible()
    assert asked <= {live.origin, live.service.url}
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0


def test_nothing_is_kept_before_the_reader_types(live: Live, page: Page) -> None:
    page.goto(live.publish("/quiet"))
    expect(box(page, "Comment")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    box(page, "Comment").fill("A")
    page.wait_for_function("sessionStorage.length === 1")


def test_the_page_does_not_move_under_a_reader_when_comments_arrive(live: Live, page: Page) -> None:
    url = live.publish("/still")
    for number in range(12):
        live.comment(url, f"Remark {number}, of some length, so that the thread is tall. " * 4)
    live.pages["/still"] = live.pages["/still"].replace(
        "<article>", "<article style='display:block;min-height:2000px'>"
    ).replace("</html>", "<footer style='height:1500px'><p id=footer>Imprint</p></footer></html>")  # fmt: skip
    held: list[Callable[[], None]] = []
    page.route("**/api/v1/threads?*", lambda route: held.append(route.continue_))
    page.goto(url)
    page.evaluate("document.querySelector('#footer').scrollIntoView({ block: 'start' })")
    page.wait_for_timeout(200)
    top = "document.querySelector('#footer').getBoundingClientRect().top"
    before = page.evaluate(top)
    deadline = time.monotonic() + 5
    while not held and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    held[0]()
    expect(comments(page).filter(has_text="Remark 11")).to_have_count(1)
    assert abs(page.evaluate(top) - before) < 2


def test_a_link_to_a_comment_leads_to_it(live: Live, page: Page) -> None:
    url = live.publish("/linked")
    ids = [live.comment(url, f"Remark {number} in a long row. " * 8) for number in range(15)]
    page.goto(f"{url}#comment-{ids[12]}")
    target = page.locator(f"#comment-{ids[12]}")
    expect(target).to_be_in_viewport()
    expect(target).to_have_class(re.compile("target"))


def test_a_service_that_is_away_leaves_a_way_to_try_again(live: Live, page: Page) -> None:
    url = live.publish("/away")
    page.route("**/api/v1/*", lambda route: route.abort())
    page.goto(url)
    expect(page.get_by_text("The comments could not be loaded.")).to_be_visible()
    page.unroute("**/api/v1/*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Post comment")).to_be_visible()


def test_the_count_appears_near_the_limit_and_an_overlong_text_is_kept(live: Live, page: Page) -> None:
    page.goto(live.publish("/long"))
    box(page, "Comment").fill("x" * 8000)
    expect(page.locator(".count")).to_have_text("")
    box(page, "Comment").fill("😀" * 9990)
    expect(page.locator(".count")).to_have_text("10 characters left")
    fill_in(page, "x" * 10003)
    expect(page.locator(".count")).to_have_text("3 characters too many")
    send(page)
    expect(page.locator(".summary")).to_contain_text("Please shorten it by 3.")
    assert box(page, "Comment").evaluate("node => node.value.length") == 10003
