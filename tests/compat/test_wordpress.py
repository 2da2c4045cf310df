"""WordPress's comment form: the statuses, the words and the ways back that a theme expects."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from models.attributes import ATTRIBUTES
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Opinion
from moderation.domain.policy import Thresholds
from moderation.domain.site import Site
from moderation.web.compat import wordpress
from moderation.wiring import Wiring
from tests.compat.conftest import Shared
from tests.support.settings import SITE_ORIGIN

PAGE = f"{SITE_ORIGIN}/2026/11/a-post/"
TEXT = "A remark that is long enough not to be taken for one that repeats itself by chance."
FORM = {
    "author": "Ann", "email": "ann@example.org", "url": "", "comment": TEXT, "comment_post_ID": "17",
    "comment_parent": "0", "submit": "Post Comment", "akismet_comment_nonce": "x", "ak_js": "1",
}  # fmt: skip
Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def even_model(monkeypatch: pytest.MonkeyPatch) -> None:
    _thinks(monkeypatch, 0.3)


def _thinks(monkeypatch: pytest.MonkeyPatch, p_reject: float) -> None:
    opinion = Opinion(p_reject, p_reject, p_reject, dict.fromkeys(ATTRIBUTES, 0.01), "m@1")
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [opinion] * len(texts))
    monkeypatch.setattr(Scorer, "operating_point", lambda self, model=None: Thresholds(0.1, 0.9, 0.9))


@pytest.fixture
def post(client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch) -> Post:
    return _posting(client, monkeypatch)


@pytest.fixture
def post_in_vain(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Post:
    """For what is refused and stores nothing."""
    return _posting(shared.client, monkeypatch)


def _posting(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setattr(wordpress, "FLOOD", "1000/15 seconds")

    def send(_headers: dict[str, str] | None = None, _query: str = "", **changes: str) -> Any:
        headers = {"Origin": SITE_ORIGIN, "Referer": PAGE} if _headers is None else _headers
        return client.post(f"/wp-comments-post.php{_query}", data={**FORM, **changes}, headers=headers)

    return send


def _threads(wiring: Wiring) -> list[str]:
    with wiring.database.read() as conn:
        return [row[0] for row in conn.execute(sql("SELECT url FROM threads"))]


def _message(answer: Any) -> str:
    found = re.search(r'<div class="wp-die-message"><p>(.*)</p></div>', answer.get_data(as_text=True))
    assert found
    return found[1]


def test_a_held_comment_leads_back_with_its_mark(post: Post, wiring: Wiring) -> None:
    answer = post()
    assert answer.status_code == 302
    place = urlsplit(answer.headers["Location"])
    query = parse_qs(place.query)
    assert f"{place.scheme}://{place.netloc}{place.path}" == PAGE
    assert re.fullmatch(r"[0-9a-f]{32}", query["moderation-hash"][0])
    assert place.fragment == f"comment-{query['unapproved'][0]}"
    assert _threads(wiring) == [PAGE]


def test_with_consent_or_once_published_the_address_is_plain(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    consented = post(**{"wp-comment-cookies-consent": "yes"})
    assert re.fullmatch(re.escape(PAGE) + r"#comment-[0-9a-v]{26}", consented.headers["Location"])
    _thinks(monkeypatch, 0.0)
    published = post(comment=TEXT + " Twice.")
    assert "unapproved" not in published.headers["Location"]
    trapped = post(comment=TEXT + " Trap.", ak_hp_textarea="filled")
    assert "unapproved" not in trapped.headers["Location"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"author": ""}, "Please fill the required fields."),
        ({"email": "a@b"}, "Please fill the required fields."),
        ({"author": "", "comment": ""}, "Please fill the required fields."),
        ({"email": "not an address"}, "Please enter a valid email address."),
        ({"comment": "  "}, "Please type your comment text."),
        ({"author": "x" * 246}, "Your name is too long."),
        ({"email": f"{'x' * 60}@{'y' * 60}.example"}, "Your email address is too long."),
        ({"url": "http://a.example/" + "x" * 200}, "Your URL is too long."),
        ({"comment": "x" * 65526}, "Your comment is too long."),
        ({"comment": "nul \x00 here"}, "This has a character that cannot be shown. Please type it again."),
    ],
)
def test_a_field_at_fault_is_told_as_wordpress_tells_it(
    post_in_vain: Post, changed: dict[str, str], message: str
) -> None:
    answer = post_in_vain(**changed)
    assert answer.status_code == (413 if "x" * 65526 in changed.values() else 200)
    if answer.status_code == 200:
        assert _message(answer) == f"<strong>Error:</strong> {message}"
    headers = {"Origin": SITE_ORIGIN, "Referer": PAGE, "Accept": "application/json"}
    told = post_in_vain(_headers=headers, **changed).get_json()
    assert (told["code"], told["additional_errors"]) == ("wp_die", [])


def test_a_website_that_is_none_is_dropped(post: Post) -> None:
    assert post(url="javascript:alert(1)").status_code == 302


def test_the_same_comment_twice_is_409_and_too_fast_is_429(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post().status_code == 302
    again = post()
    assert again.status_code == 409
    assert "Duplicate comment detected" in _message(again)
    monkeypatch.setattr(wordpress, "FLOOD", "1/hour")
    assert post(comment=TEXT + " One.").status_code == 302
    fast = post(comment=TEXT + " Two.")
    assert fast.status_code == 429
    assert _message(fast) == "You are posting comments too quickly. Slow down."
    assert post().status_code == 409


def test_what_may_not_be_answered_is_403(post: Post, wiring: Wiring) -> None:
    held = parse_qs(urlsplit(post().headers["Location"]).query)["unapproved"][0]
    for parent in (held, "17", "0" * 26):
        answer = post(comment_parent=parent, comment="A reply", author="")
        assert answer.status_code == 403
        assert _message(answer) == "Sorry, replies to unapproved comments are not allowed."
    wiring.database.write(lambda conn: conn.execute(sql("UPDATE comments SET state = 'approved'")))
    assert post(comment_parent=held, comment="A reply").status_code == 302
    wiring.database.write(lambda conn: conn.execute(sql("UPDATE threads SET open = false")))
    assert _message(post(comment="More")) == "Sorry, comments are closed for this item."


def test_the_page_is_the_one_named_or_the_posts_lasting_address(post: Post, wiring: Wiring) -> None:
    named = f"{SITE_ORIGIN}/named"
    post(_query=f"?site=demo&url={named}", _headers={})
    post(_headers={"Origin": SITE_ORIGIN, "Referer": f"{SITE_ORIGIN}/"}, comment="Another")
    assert sorted(_threads(wiring)) == [f"{SITE_ORIGIN}/?p=17", named]
    nowhere = post(_headers={"Origin": SITE_ORIGIN}, comment_post_ID="")
    assert (nowhere.status_code, nowhere.data) == (200, b"")
    elsewhere = post(_query="?site=demo&url=https://evil.example/", _headers={})
    assert (elsewhere.status_code, elsewhere.data) == (200, b"")


def test_only_the_sites_own_pages_may_post(post_in_vain: Post) -> None:
    assert post_in_vain(_headers={"Origin": "https://evil.example"}).status_code == 403
    assert post_in_vain(_headers={"Origin": "https://evil.example"}, _query="?site=demo").status_code == 403
    assert post_in_vain(_headers={}).status_code == 403
    assert post_in_vain(_headers={"Referer": "http://["}).status_code == 403


def test_a_way_back_elsewhere_is_not_taken(post: Post) -> None:
    away = post(redirect_to="https://evil.example/")
    assert away.headers["Location"].startswith(PAGE)
    inside = post(redirect_to=f"{SITE_ORIGIN}/thanks", comment="Thanks")
    assert inside.headers["Location"].startswith(f"{SITE_ORIGIN}/thanks?unapproved=")


def test_anything_but_a_post_is_405(client: FlaskClient) -> None:
    answer = client.get("/wp-comments-post.php")
    assert (answer.status_code, answer.headers["Allow"], answer.data) == (405, "POST", b"")
    assert answer.mimetype == "text/plain"


def test_what_was_typed_comes_back_escaped(post_in_vain: Post) -> None:
    answer = post_in_vain(_headers={"Origin": SITE_ORIGIN, "Referer": f'{SITE_ORIGIN}/"><script>'}, author="")
    assert b"<script>" not in answer.data
