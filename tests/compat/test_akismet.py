"""Akismet as its clients see it: every call, the words and the headers, and what is learnt from it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import text as sql

from models.attributes import ATTRIBUTES
from moderation.checks.classifier import Scorer
from moderation.domain.comment import Band
from moderation.domain.finding import Missing, Opinion
from moderation.domain.site import Site
from moderation.services import api_keys, assess_text, shown_texts
from moderation.services.assess_text import Judgement
from moderation.web.app import create_app
from moderation.web.compat import akismet
from moderation.wiring import Wiring
from tests.compat.conftest import Shared

THANKS = b"Thanks for making the web a better place."
COMMENT = {
    "blog": "https://blog.example/", "user_ip": "203.0.113.7", "user_agent": "Mozilla/5.0", "referrer": "",
    "permalink": "https://blog.example/post", "comment_type": "comment", "comment_author": "Ann",
    "comment_author_email": "ann@example.org", "comment_author_url": "https://ann.example/",
    "comment_content": "I read the whole report and found the part on the depot the most convincing.",
    "comment_context[0]": "depot", "comment_context[1]": "council", "POST_ak_js": "17", "REMOTE_ADDR": "203.0.113.7",
}  # fmt: skip
CHECK = "/1.1/comment-check"


@pytest.fixture(autouse=True)
def calm_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that finds nothing: what these tests see comes from the protocol and the rules."""
    nothing = Opinion(0.02, 0.01, 0.03, dict.fromkeys(ATTRIBUTES, 0.01), "calm")
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [nothing] * len(texts))


@pytest.fixture
def shared_fields(shared: Shared) -> dict[str, str]:
    return {**COMMENT, "api_key": shared.key}


@pytest.fixture
def fields(key: str) -> dict[str, str]:
    return {**COMMENT, "api_key": key}


def _plain(answer: Any) -> bytes:
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return bytes(answer.data)


def test_a_key_is_valid_or_it_is_not(client: FlaskClient, key: str) -> None:
    for name in ("key", "api_key"):
        assert _plain(client.post("/1.1/verify-key", data={name: key, "blog": "https://blog.example"})) == b"valid"
    wrong = client.post("/1.1/verify-key", data={"key": "123456789abc", "blog": "x"})
    assert _plain(wrong) == b"invalid"
    assert wrong.headers["X-akismet-debug-help"]
    assert _plain(client.post("/1.1/verify-key")) == b"invalid"
    assert _plain(client.get("/1.1/test")) == b"connected"


def test_the_key_may_be_the_first_label_of_the_host(client: FlaskClient, key: str) -> None:
    host = f"http://{key}.rest.akismet.com"
    assert _plain(client.post("/1.1/submit-ham", data=COMMENT, base_url=host)) == THANKS
    bare = {"comment_content": "No blog, as Coral sends it"}
    assert _plain(client.post("/1.1/submit-ham", json=bare, base_url=host)) == THANKS
    unknown = client.post("/1.1/submit-ham", data=COMMENT, base_url="http://0123456789ab.rest.akismet.com")
    assert _plain(unknown) == b"invalid"


def test_ham_is_false_with_an_id_and_nothing_that_clients_take_for_an_error(
    shared: Shared, shared_fields: dict[str, str]
) -> None:
    answer = shared.client.post(CHECK, data=shared_fields)
    assert _plain(answer) == b"false"
    assert len(answer.headers["X-akismet-guid"]) == 32
    named = {name.lower() for name in answer.headers.keys()}  # noqa: SIM118
    assert not named & {"x-akismet-debug-help", "x-akismet-alert-code", "x-akismet-error", "x-akismet-pro-tip"}


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"comment_author": "viagra-test-123"}, b"true"),
        ({"comment_author": "akismet-guaranteed-spam"}, b"true"),
        ({"comment_author": "akismet\u2011guaranteed\u2011spam"}, b"true"),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, b"true"),
        ({"comment_author": "viagra-test-123", "user_role": "administrator"}, b"true"),
        ({"comment_content": "buy http://a.example " * 15, "user_role": "administrator"}, b"false"),
        ({"comment_content": "buy http://a.example " * 15}, b"true"),
        ({"honeypot_field_name": "hidden", "hidden": "filled"}, b"true"),
        ({"honeypot_field_name": "hidden", "hidden": ""}, b"false"),
        ({"is_test": "true"}, b"false"),
        ({"blog": ""}, b"invalid"),
        ({"user_ip": ""}, b"false"),  # as Coral sends it that may not tell addresses
    ],
)
def test_what_is_documented_for_trying_it_out(
    shared: Shared, shared_fields: dict[str, str], changed: dict[str, str], body: bytes
) -> None:
    assert _plain(shared.client.post(CHECK, data={**shared_fields, **changed})) == body


def test_without_a_blog_or_an_address_there_is_no_verdict(shared: Shared, shared_fields: dict[str, str]) -> None:
    for name in ("blog", "user_ip"):
        some = {key: value for key, value in shared_fields.items() if key != name}
        answer = shared.client.post(CHECK, data=some)
        assert _plain(answer) == b"invalid"
        assert name in answer.headers["X-akismet-debug-help"]


LINKS = "Three links: http://a.example http://b.example http://c.example and a calm word."


def _recheck(answer: Any) -> str | None:
    found: str | None = answer.headers.get("X-akismet-recheck-after")
    return found


class _Second:
    def __init__(self, spam: float) -> None:
        self._spam = spam

    def vectors(self, texts: Sequence[str]) -> Any:
        return np.zeros((len(texts), 512), np.float32)

    def opinions(self, texts: Sequence[str], vectors: Any, site_ids: Sequence[str]) -> list[Opinion | Missing]:
        return [Opinion(0.1, 0.1, 0.1, {"spam": self._spam}, "second@1")] * len(texts)


@pytest.mark.parametrize(("score", "body"), [(0.9, b"true"), (0.1, b"false")])
def test_while_the_second_look_runs_the_answer_says_when_to_ask_again(
    client: FlaskClient, fields: dict[str, str], wiring: Wiring, score: float, body: bytes
) -> None:
    doubtful = {**fields, "comment_content": LINKS}
    first = client.post(CHECK, data=doubtful)
    assert (_plain(first), _recheck(first)) == (b"false", "30")
    again = {**doubtful, "recheck_reason": "recheck"}
    answer = client.post(CHECK, data=again)
    assert (_plain(answer), _recheck(answer)) == (b"false", "30"), "nobody has read it yet"
    with wiring.database.read() as conn:
        ids = list(conn.execute(sql("SELECT id FROM shown_texts")).scalars())
    assert shown_texts.run(wiring, ids, _Second(score)).total() == 1
    for sent in (again, doubtful):
        answer = client.post(CHECK, data=sent)
        assert (_plain(answer), _recheck(answer)) == (body, None)


def test_only_a_new_text_is_looked_at_again(client: FlaskClient, fields: dict[str, str], wiring: Wiring) -> None:
    doubtful = {**fields, "comment_content": LINKS}
    for more in ({"recheck_reason": "recheck"}, {"recheck_reason": "recheck_queue"}, {"is_test": "1"},
                 {"comment_content": "Nothing to doubt."}):  # fmt: skip
        assert _recheck(client.post(CHECK, data={**doubtful, **more})) is None
    # The comment as it was edited is a text that nobody has seen.
    edited = client.post(CHECK, data={**doubtful, "recheck_reason": "edit"})
    assert (_plain(edited), _recheck(edited)) == (b"false", "30")


def test_a_text_that_waits_for_its_second_look_is_nowhere_in_the_clear(
    client: FlaskClient, fields: dict[str, str], wiring: Wiring
) -> None:
    client.post(CHECK, data={**fields, "comment_content": LINKS})
    wiring.queue.close()  # hands over what waits
    with wiring.database.read() as conn:
        tables = ("shown_texts", "outbox")
        stored = [tuple(row) for name in tables for row in conn.execute(sql(f"SELECT * FROM {name}"))]
    assert len(stored) == 2
    assert "a.example" not in repr(stored)
    redis = Redis.from_url(wiring.settings.redis_address)
    jobs = [redis.hgetall(key) for key in redis.keys("rq:job:*")]  # type: ignore[union-attr]
    jobs = [{**job, b"data": zlib.decompress(job[b"data"])} for job in jobs]  # type: ignore[arg-type,dict-item]
    assert stored[0][0] in repr(jobs), "the job names its id"
    assert "a.example" not in repr(jobs)


def test_blatant_spam_may_be_discarded(shared: Shared, shared_fields: dict[str, str]) -> None:
    answer = shared.client.post(CHECK, data={**shared_fields, "honeypot_field_name": "hidden", "hidden": "filled"})
    assert answer.headers["X-akismet-pro-tip"] == "discard"


@pytest.mark.parametrize("how", ["form", "odd type", "multipart", "json", "query"])
def test_fields_come_in_every_way_that_clients_send_them(
    shared: Shared, shared_fields: dict[str, str], how: str
) -> None:
    spam = {**shared_fields, "comment_author": "viagra-test-123"}
    match how:
        case "form":
            answer = shared.client.post(CHECK, data=spam)
        case "odd type":
            answer = shared.client.post(CHECK, data=urlencode(spam), content_type="charset=utf-8")
        case "multipart":
            answer = shared.client.post(CHECK, data=spam, content_type="multipart/form-data")
        case "json":
            answer = shared.client.post(CHECK, json=spam)
        case _:
            answer = shared.client.get(CHECK, query_string=spam)
    assert _plain(answer) == b"true"


@pytest.mark.parametrize("body", [b"", b"\xff=\xfe", b"{", b"{}", b"&" * 5_000, b"a&" * 5_000, b"%zz=%", b"\x00"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", ""])
def test_an_odd_body_is_invalid_and_never_an_error(shared: Shared, body: bytes, kind: str) -> None:
    assert _plain(shared.client.post(CHECK, data=body, content_type=kind)) == b"invalid"


def test_other_charsets_are_read(client: FlaskClient, key: str, wiring: Wiring) -> None:
    body = f"api_key={key}&blog=x&blog_charset=windows-1251&comment_content=".encode() + b"%CF%F0%E8%E2%E5%F2"
    assert _plain(client.post("/1.1/submit-spam", data=body)) == THANKS
    assert _labels(wiring) == [("akismet.submit-spam", "spam", "Привет")]


def _labels(wiring: Wiring) -> list[tuple[str, ...]]:
    with wiring.database.read() as conn:
        return [tuple(row) for row in conn.execute(sql("SELECT source, verdict, text FROM feedback ORDER BY id"))]


def test_what_is_submitted_is_a_label_and_the_same_twice_counts_once(
    client: FlaskClient, fields: dict[str, str], wiring: Wiring
) -> None:
    for _ in range(2):
        assert _plain(client.post("/1.1/submit-spam", data=fields)) == THANKS
    assert _labels(wiring) == [("akismet.submit-spam", "spam", COMMENT["comment_content"])]
    assert _plain(client.post("/1.1/submit-ham", data=fields)) == THANKS
    assert [label[1] for label in _labels(wiring)] == ["approved"]
    tested = {**fields, "is_test": "1", "comment_content": "Only a test"}
    assert _plain(client.post("/1.1/submit-spam", data=tested)) == THANKS
    assert len(_labels(wiring)) == 1


def test_above_a_days_share_the_answer_is_later(wiring: Wiring, fields: dict[str, str]) -> None:
    settings = wiring.settings.model_copy(update={"feedback_per_key": 0})
    answer = create_app(replace(wiring, settings=settings)).test_client().post("/1.1/submit-spam", data=fields)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")


def test_without_a_model_the_answer_is_neither_spam_nor_ham(
    wiring: Wiring, fields: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [Missing("no model")] * len(texts))
    client = create_app(wiring).test_client()
    answer = client.post(CHECK, data=fields)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.data not in (b"true", b"false")


def test_a_site_that_automates_nothing_still_says_what_is_spam(
    wiring: Wiring, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = replace(site, policy=replace(site.policy, mode="review_all"))
    flood = "http://a.example " * 12
    assert assess_text.judge(wiring, careful, flood, alone=True).is_spam
    assert assess_text.judge(wiring, careful, flood).band is Band.REVIEW


def test_the_score_decides_and_the_site_word_list_too(
    client: FlaskClient, fields: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for spam, body in ((True, b"true"), (False, b"false")):
        monkeypatch.setattr(
            akismet, "judge", lambda *a, spam=spam, **k: Judgement(Band.REVIEW, spam, False, ())
        )
        assert _plain(client.post(CHECK, data=fields)) == body


def test_use_is_reported_by_blog(client: FlaskClient, fields: dict[str, str], key: str) -> None:
    client.post(CHECK, data=fields)
    client.post(CHECK, data={**fields, "comment_author": "viagra-test-123", "blog": "http://other.example/x"})
    client.post("/1.1/submit-spam", data=fields)
    client.post("/v1/moderations", json={"input": "x"}, headers={"Authorization": f"Bearer {key}"})
    limit = client.post("/1.2/usage-limit", data={"api_key": key}).get_json()
    assert limit == {"limit": "none", "usage": 4, "percentage": "0.00", "throttled": False}
    sites = client.get("/1.2/key-sites", query_string={"api_key": key}).get_json()
    (month,) = [name for name in sites if name.startswith("20")]
    assert sites[month][0] == {
        "site": "blog.example", "api_calls": "2", "spam": "0", "ham": "1", "missed_spam": "1",
        "false_positives": "0", "is_revoked": False,
    }  # fmt: skip
    assert (sites["total"], sites["limit"], sites["offset"]) == (2, 500, 0)
    csv = client.get("/1.2/key-sites", query_string={"api_key": key, "format": "csv", "order": "spam", "limit": 1})
    lines = csv.get_data(as_text=True).splitlines()
    assert lines[1] == "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked"
    assert lines[2:] == ["other.example,1,1,0,0,0,false"]
    stats = client.post("/1.1/get-stats", data={"key": key, "from": "60-days"}).get_json()
    assert (stats["spam"], stats["ham"], stats["missed_spam"], stats["accuracy"]) == (1, 1, 1, "50.00")
    assert next(iter(stats["breakdown"].values()))["spam"] == 1
    assert client.post("/1.1/get-subscription", data={"key": key}).get_json()["status"] == "active"
    assert client.post("/1.1/nothing", data={"key": key}).status_code == 404
    long_ago = client.get("/1.2/key-sites", query_string={"api_key": key, "month": "2020-01"})
    assert json.loads(long_ago.data)["total"] == 0


def test_a_revoked_key_is_invalid(client: FlaskClient, wiring: Wiring, site: Site) -> None:
    made = api_keys.add_key(wiring, site, name="Gone", by="operator")
    api_keys.revoke_key(wiring, made.id, by="operator")
    assert _plain(client.post("/1.1/verify-key", data={"key": made.key})) == b"invalid"


def test_too_many_are_told_when_to_come_back(wiring: Wiring, fields: dict[str, str]) -> None:
    settings = wiring.settings.model_copy(update={"rate_limit_keys": "1/minute"})
    client = create_app(replace(wiring, settings=settings)).test_client()
    answers = [client.post(CHECK, data=fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert int(answers[1].headers["Retry-After"]) >= 1
