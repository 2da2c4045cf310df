"""The public API as a page uses it: every answer it can give, on both databases."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from moderation.services import first_site
from moderation.web.app import create_app
from moderation.web.public.form_token import HONEYPOT, FormTokens
from moderation.wiring import Wiring

Post = Callable[..., Any]
LONG = "A remark that is long enough not to be taken for one that repeats itself by chance."


@pytest.fixture
def page_url(wiring: Wiring) -> str:
    first_site.ensure(wiring)
    return f"{wiring.settings.public_url}/demo/"


@pytest.fixture
def post(client: FlaskClient, wiring: Wiring, page_url: str) -> Post:
    """Posts a whole comment; keywords change a field or, with `_headers`, the headers."""
    with patch("itsdangerous.timed.time.time", return_value=time.time() - 60):
        token = FormTokens(wiring.settings.secret_key).make(wiring.settings.site_key)

    def send(_headers: dict[str, str] | None = None, _form: bool = False, **changes: Any) -> Any:
        fields: dict[str, Any] = {
            "site": wiring.settings.site_key, "thread_url": page_url, "thread_title": "A vote", "name": "Ann",
            "email": "ann@example.org", "comment": LONG,
            "form_token": token,
        }  # fmt: skip
        fields |= changes
        how = {"data": fields} if _form else {"json": fields}
        return client.post("/api/v1/comments", headers=_headers or {}, **how)  # type: ignore[arg-type]

    return send


def test_a_comment_is_taken_from_json_and_from_a_form(post: Post) -> None:
    for answer in (post(), post(_form=True, comment=LONG + " Again.")):
        assert answer.status_code in (201, 202)
        body = answer.get_json()
        assert body["state"] in ("approved", "pending")
        assert "/status/" in body["status_url"]
        assert "ann@example.org" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "name"),
        ("name", "\u200b \u2060", "name"),
        ("name", "x" * 81, "80"),
        ("email", "", "email"),
        ("email", "ann@", "email address"),
        ("email", "ann example.org", "email address"),
        ("comment", "", "write a comment"),
        ("comment", "\u200b\n\t", "write a comment"),
        ("comment", "x" * 10001, "10000"),
        ("comment", "nul \x00 here", "character"),
        ("comment", "e" + "\u0301" * 40, "marks"),
        ("comment", 5, "text"),
        ("website", "javascript:alert(1)", "web address"),
        ("website", "http://", "web address"),
        ("thread_url", "ftp://example.org/", "address of the page"),
        ("thread_url", "https://elsewhere.example/a", "does not belong"),
        ("parent", "nonsense", "not known"),
        ("parent", "0" * 26, "not on this page"),
    ],
)
def test_a_bad_field_is_named_with_what_is_wrong(post: Post, field: str, value: Any, words: str) -> None:
    answer = post(**{field: value})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert list(answer.get_json()["errors"]) == [field]
    assert words in answer.get_json()["errors"][field]


def test_all_bad_fields_are_named_at_once(post: Post) -> None:
    assert set(post(name="", email="", comment="").get_json()["errors"]) == {"name", "email", "comment"}


def test_an_unknown_site_or_origin_is_refused(post: Post) -> None:
    assert post(site="nobody").status_code == 403
    assert post(_headers={"Origin": "https://evil.example"}).status_code == 403
    assert "Access-Control-Allow-Origin" not in post(_headers={"Origin": "https://evil.example"}).headers


def test_the_same_comment_twice_is_a_conflict(post: Post) -> None:
    assert post().status_code in (201, 202)
    assert post().status_code == 409


def test_a_repeated_request_gets_the_first_answer_byte_for_byte(post: Post) -> None:
    key = {"Idempotency-Key": "key-1"}
    first, again = post(_headers=key), post(_headers=key)
    assert first.data == again.data
    assert first.status_code == again.status_code
    other = post(_headers=key, comment=LONG + " Other.")
    assert other.status_code == 422
    assert "Idempotency-Key" in other.get_json()["errors"]


def test_a_filled_trap_is_filed_as_spam(post: Post) -> None:
    assert post(**{HONEYPOT: "555"}).get_json()["state"] == "spam"


def test_a_form_without_its_token_waits_for_a_person(post: Post, wiring: Wiring) -> None:
    assert post(form_token="").get_json()["state"] == "pending"
    fresh = FormTokens(wiring.settings.secret_key).make(wiring.settings.site_key)
    assert post(form_token=fresh, comment=LONG + " Fast.").get_json()["state"] == "pending"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b'{"name": 1e400}', "application/json", 403),
        ("{}".encode("utf-16"), "application/json", 400),
        (b"[" * 30000, "application/json", 400),
        (b'{"site": "\\ud800"}', "application/json", 403),
        (b"x", "text/plain", 415),
        (b"x" * 70_000, "application/json", 413),
        (b"comment=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_a_hostile_body_gets_a_clear_answer(client: FlaskClient, body: bytes, kind: str, status: int) -> None:
    answer = client.post("/api/v1/comments", data=body, content_type=kind)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_a_closed_thread_takes_no_more(post: Post, wiring: Wiring) -> None:
    post()
    wiring.database.write(lambda conn: conn.execute(text("UPDATE threads SET open = false")))
    answer = post(comment=LONG + " More.")
    assert answer.status_code == 403
    assert "closed" in answer.get_json()["title"]


def test_a_banned_address_may_not_comment_until_the_ban_ends(post: Post, wiring: Wiring) -> None:
    post()
    wiring.database.write(lambda conn: conn.execute(text("UPDATE authors SET standing = 'banned'")))
    assert post(comment=LONG + " 2").status_code == 403
    wiring.database.write(lambda conn: conn.execute(text("UPDATE authors SET standing_until = 1")))
    assert post(comment=LONG + " 3").status_code in (201, 202)


def test_a_thread_shows_approved_comments_only_and_its_tag_follows(
    post: Post, client: FlaskClient, wiring: Wiring, page_url: str
) -> None:
    comment_id = post(name="Ünï", website="example.org").get_json()["id"]
    address = f"/api/v1/threads?site={wiring.settings.site_key}&url={page_url}"
    _set_state(wiring, comment_id, "pending")
    before = client.get(address)
    assert before.get_json()["comments"] == []
    _set_state(wiring, comment_id, "approved")
    after = client.get(address)
    assert [c["name"] for c in after.get_json()["comments"]] == ["Ünï"]
    assert after.get_json()["comments"][0]["website"] == "https://example.org"
    assert before.headers["ETag"] != after.headers["ETag"]
    same = client.get(address, headers={"If-None-Match": after.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert "email" not in after.get_data(as_text=True)


def _set_state(wiring: Wiring, comment_id: str, state: str) -> None:
    def work(conn: Any) -> None:
        conn.execute(text("UPDATE comments SET state = :s WHERE id = :id"), {"s": state, "id": comment_id})
        conn.execute(text("UPDATE threads SET version = version + 1"))

    wiring.database.write(work)


def test_a_preflight_from_the_sites_page_passes_and_another_does_not(
    client: FlaskClient, wiring: Wiring, page_url: str
) -> None:
    asked = {"Origin": wiring.settings.public_url, "Access-Control-Request-Method": "POST"}
    answer = client.options("/api/v1/comments", headers=asked)
    assert answer.headers["Access-Control-Allow-Origin"] == wiring.settings.public_url
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    other = client.options("/api/v1/comments", headers={**asked, "Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_an_author_follows_a_comment_by_its_private_link_and_nobody_else_does(
    post: Post, client: FlaskClient
) -> None:
    token = post().get_json()["status_url"].rpartition("/")[2]
    known = client.get(f"/api/v1/status/{token}")
    assert known.get_json()["comment"]["text"] == LONG
    assert "ann@example.org" not in known.get_data(as_text=True)
    assert client.get(f"/api/v1/status/{token[:-2]}").status_code == 404


def test_too_many_are_told_when_to_come_back(wiring: Wiring, page_url: str) -> None:
    few = wiring.settings.model_copy(update={"rate_limit_comments": "3/minute"})
    client = create_app(replace(wiring, settings=few)).test_client()
    answers = [client.post("/api/v1/comments", json={"site": wiring.settings.site_key}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 120
    assert "Retry-After" not in answers[0].headers
    assert answers[-1].content_type == "application/problem+json"


def test_every_public_address_is_in_the_openapi_document(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    rules = {rule.rule for rule in client.application.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert {path.replace("{", "<").replace("}", ">") for path in document["paths"]} == rules
    assert document["openapi"].startswith("3.1")
