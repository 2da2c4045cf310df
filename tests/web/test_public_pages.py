"""The pages that work without a script, on both databases: thread, form, standing, errors, demonstration."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.checks.context import Form
from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.services import first_site
from moderation.services.submission import SubmitComment
from moderation.services.submit import submit
from moderation.web.app import create_app
from moderation.web.public.embed import script
from moderation.web.public.status_links import StatusLinks
from moderation.web.public.wording import widget_strings
from moderation.wiring import Wiring, build
from tests.support import settings as test_settings
from tests.support.approving import approve, decide_on

STRINGS_JS = Path(__file__).resolve().parents[2] / "moderation/web/static/public/embed/strings.js"
CANARY = "canary.of.the.pages@example.org"
Send = Callable[..., str]


@pytest.fixture
def article(wiring: Wiring) -> str:
    first_site.ensure(wiring)
    return f"{wiring.settings.public_url}/articles/a-vote"


@pytest.fixture
def page(client: FlaskClient, article: str) -> Callable[..., TestResponse]:
    def get(**query: str) -> TestResponse:
        return client.get("/comments?" + urlencode({"site": "demo", "url": article, "title": "A vote", **query}))

    return get


@pytest.fixture
def post(client: FlaskClient, article: str) -> Callable[..., TestResponse]:
    def send(**changes: str) -> TestResponse:
        fields = {
            "site": "demo", "thread_url": article, "thread_title": "A vote", "name": "Ann", "email": CANARY,
            "website": "", "comment": "A plain remark.", "parent": "", "idempotency_key": "", **changes,
        }  # fmt: skip
        return client.post("/comments", data=fields)

    return send


@pytest.fixture
def said(wiring: Wiring, article: str) -> Send:
    """A comment that everybody sees."""

    def add(text: str, parent: str | None = None, name: str = "Bo", website: str = "") -> str:
        site = wiring.sites.by_key("demo")
        assert site is not None
        done = submit(wiring, SubmitComment(
            site=site, thread_url=article, thread_title="A vote", name=name, email=CANARY, website=website,
            text=text, parent=parent, network_address="192.0.2.9", form=Form(token="ok", age_s=30.0),
        ))  # fmt: skip
        if done.state is not State.APPROVED:
            approve(wiring, done.id)
        return done.id

    return add


def status_of(wiring: Wiring, comment_id: str) -> str:
    links = StatusLinks(wiring.settings.secret_key, wiring.settings.public_url)
    return urlsplit(links.url(comment_id)).path


def test_an_unknown_article_invites_the_first_comment(page: Callable[..., TestResponse]) -> None:
    answer = page()
    body = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Leave a comment" in body
    assert "Your email address will not be published. Required fields are marked *" in body
    assert "No comments yet" in body
    assert re.findall(r'<(?:textarea|input)[^>]* name="(\w+)"[^>]* required', body) == ["comment", "name", "email"]


def test_a_page_of_ours_runs_no_script(page: Callable[..., TestResponse], client: FlaskClient) -> None:
    for answer in (page(), client.get("/status/none")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "<script" not in answer.get_data(as_text=True)
        assert "Set-Cookie" not in answer.headers


def test_a_refused_form_comes_back_with_everything_that_was_typed(post: Callable[..., TestResponse]) -> None:
    answer = post(email="nobody", name="", website="https://ann.example/", comment="Do not\n\nlose <this>.")
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "2 things to mend before your comment can be sent" in body
    assert 'value="nobody"' in body
    assert 'value="https://ann.example/"' in body
    assert "Do not\n\nlose &lt;this&gt;.</textarea>" in body
    for field in ("name", "email"):
        assert f'href="#{field}"' in body
        assert f'id="{field}-error"' in body
        assert re.search(rf'name="{field}"[^>]*aria-describedby="[^"]*{field}-error"[^>]*aria-invalid="true"', body)


def test_a_waiting_comment_leads_to_its_private_page(
    post: Callable[..., TestResponse], page: Callable[..., TestResponse], client: FlaskClient
) -> None:
    text = "You idiots, I hope that somebody burns it all down."
    answer = post(comment=text)
    assert answer.status_code == 303
    standing = client.get(answer.headers["Location"])
    assert standing.status_code == 200
    assert text in html.unescape(standing.get_data(as_text=True))
    assert CANARY not in standing.get_data(as_text=True)
    assert text not in html.unescape(page().get_data(as_text=True))


def test_a_published_comment_leads_to_its_place(
    wiring: Wiring, post: Callable[..., TestResponse], page: Callable[..., TestResponse]
) -> None:
    first = post(comment="Seen by all.", idempotency_key="one-key")
    if first.headers["Location"].startswith("/comments"):
        assert "#comment-" in first.headers["Location"]
    else:  # without a model, a person decides
        approve(wiring, _id_of(wiring, first.headers["Location"]))
    body = page().get_data(as_text=True)
    assert "Seen by all." in body
    assert "1 comment" in body
    assert CANARY not in body


def test_sending_the_form_twice_makes_one_comment(wiring: Wiring, post: Callable[..., TestResponse]) -> None:
    first = post(idempotency_key="same-form")
    again = post(idempotency_key="same-form")
    assert first.headers["Location"] == again.headers["Location"]
    assert post().status_code == 409


@pytest.mark.parametrize(
    ("verdict", "reason", "heading", "words"),
    [
        (State.APPROVED, None, "Your comment is published", "Everybody can read it"),
        (State.REJECTED, Reason.INSULT, "Your comment was not published", "A moderator took it for an insult."),
        (State.SPAM, None, "Your comment was not published", "It was filed as spam"),
    ],
)
def test_the_private_page_says_what_was_decided_and_why(
    wiring: Wiring, client: FlaskClient, said: Send, verdict: State, reason: Reason | None, heading: str, words: str
) -> None:
    comment = said("A remark about which people differ.")
    if verdict is not State.APPROVED:
        decide_on(wiring, comment, verdict, reason)
    body = client.get(status_of(wiring, comment)).get_data(as_text=True)
    assert f"<h1>{heading}</h1>" in body
    assert words in body
    assert ("See it among the comments" in body) == (verdict is State.APPROVED)


def test_a_private_link_cannot_be_guessed(wiring: Wiring, client: FlaskClient, said: Send) -> None:
    comment = said("Private until I share it.")
    good = status_of(wiring, comment)
    start, _, signature = good.rpartition(".")
    other = "A" if signature[0] != "A" else "B"  # the last letter has bits that carry nothing
    for path in (f"{start}.{other}{signature[1:]}", f"/status/{comment}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.mimetype == "text/html"
        assert "Private until" not in answer.get_data(as_text=True)


def test_a_reply_is_written_beside_what_it_answers(
    page: Callable[..., TestResponse], post: Callable[..., TestResponse], said: Send
) -> None:
    parent = said("A claim.", name="Cleo")
    body = page(reply_to=parent).get_data(as_text=True)
    assert "Reply to <bdi>Cleo</bdi>" in body
    assert f'name="parent" value="{parent}"' in body
    refused = post(parent=parent, name="").get_data(as_text=True)
    assert "Reply to <bdi>Cleo</bdi>" in refused
    assert post(parent=parent, comment="An answer.").status_code == 303


def test_only_a_published_comment_can_be_answered(
    wiring: Wiring, page: Callable[..., TestResponse], said: Send
) -> None:
    hidden = said("Gone again.")
    decide_on(wiring, hidden, State.REJECTED, Reason.OTHER)
    assert "Gone again." not in page(reply_to=hidden).get_data(as_text=True)


def test_replies_deeper_than_four_levels_say_whom_they_answer(
    page: Callable[..., TestResponse], said: Send
) -> None:
    parent = None
    for depth in range(1, 7):
        parent = said(f"Level {depth}.", parent, name=f"Reader {depth}")
    thread = page().get_data(as_text=True).partition('<ol class="list">')[2].partition("<form")[0]
    indents = []
    level = 1
    for tag in re.findall(r"<ol>|</ol>|Level \d", thread):
        if tag.startswith("Level"):
            indents.append(level)
        level += {"<ol>": 1, "</ol>": -1}.get(tag, 0)
    assert indents == [1, 2, 3, 4, 4, 4]
    assert re.search(r"in reply to <a [^>]*><bdi>Reader 5</bdi></a>", thread)


def test_nothing_a_reader_wrote_becomes_markup(page: Callable[..., TestResponse], said: Send) -> None:
    said("<script>alert(1)</script>", name='"><img src=x onerror=alert(2)>', website="https://a.example/?q=%22%3E")
    body = page().get_data(as_text=True)
    assert "<script" not in body
    assert "<img" not in body
    assert "&lt;script&gt;" in body
    assert 'rel="nofollow ugc noopener noreferrer"' in body


@pytest.mark.parametrize(
    "query",
    [
        {"site": "nobody"},
        {"url": "javascript:alert(1)"},
        {"url": "https://elsewhere.example/page"},
        {"url": ""},
    ],
)
def test_a_page_that_is_not_the_sites_gets_a_sentence(
    page: Callable[..., TestResponse], query: dict[str, str]
) -> None:
    answer = page(**query)
    assert answer.status_code in (403, 422)
    assert answer.mimetype == "text/html"
    assert "<form" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "99999999999999999999", "2"])
def test_any_page_number_gets_an_answer(page: Callable[..., TestResponse], said: Send, number: str) -> None:
    said("The only one.")
    assert page(page=number).status_code == 200


def test_a_refusal_by_rate_keeps_the_text(database_url: str, redis_url: str, tmp_path: Path, article: str) -> None:
    fields = {
        "site": "demo", "thread_url": article, "name": "Ann", "email": CANARY, "comment": "First.",
    }  # fmt: skip
    slow = test_settings.load(database_url, redis_url, tmp_path, RATE_LIMIT_COMMENTS="1/minute")
    with closing(build(slow)) as wiring:
        client = create_app(wiring).test_client()
        assert client.post("/comments", data=fields).status_code == 303
        answer = client.post("/comments", data={**fields, "comment": "Second, too soon."})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Second, too soon.</textarea>" in answer.get_data(as_text=True)


def test_a_page_of_another_origin_cannot_post_for_the_site(client: FlaskClient, article: str) -> None:
    fields = {"site": "demo", "thread_url": article, "name": "Ann", "email": CANARY, "comment": "Forged."}
    answer = client.post("/comments", data=fields, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "Forged.</textarea>" in answer.get_data(as_text=True)


def test_the_widget_is_one_small_script_that_caches_revalidate(client: FlaskClient) -> None:
    answer = client.get("/embed.js")
    assert answer.mimetype == "text/javascript"
    assert len(gzip.compress(answer.get_data(), 6)) <= 15_000
    again = client.get("/embed.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "max-age" in answer.headers["Cache-Control"]


def test_the_widget_evaluates_nothing_and_writes_no_markup() -> None:
    code = script().decode()
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert forbidden not in code


def test_the_widgets_sentences_are_the_ones_that_are_translated(client: FlaskClient) -> None:
    written = dict(re.findall(r'^  (\w+): "(.*)",$', STRINGS_JS.read_text("utf-8"), re.MULTILINE))
    with client.application.test_request_context("/", headers={"Accept-Language": "en"}):
        told = widget_strings()
    assert told.pop("lang") == "en"
    assert told == written


def test_the_demonstration_embeds_comments_as_any_site_would(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    shown = test_settings.load(database_url, redis_url, tmp_path, DEMO="1")
    with closing(build(shown)) as wiring:
        body = create_app(wiring).test_client().get("/demo/").get_data(as_text=True)
    (tag,) = re.findall(r"<script[^>]*>", body)
    assert "/embed.js" in tag
    assert 'data-site="demo"' in tag
    without_script = body.partition("<noscript>")[2].partition("</noscript>")[0]
    assert '<form method="post" action="/comments?' in without_script
    (link,) = re.findall(r'<a href="(/comments[^"]*)"', without_script)
    assert parse_qs(urlsplit(html.unescape(link)).query)["url"] == [f"{shown.public_url}/demo/"]


def test_without_the_demonstration_there_is_no_article(client: FlaskClient) -> None:
    assert client.get("/demo/").status_code == 404


def _id_of(wiring: Wiring, location: str) -> str:
    links = StatusLinks(wiring.settings.secret_key, wiring.settings.public_url)
    found = links.comment_id(location.rpartition("/")[2])
    assert found is not None
    return found
