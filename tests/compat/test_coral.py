"""Coral: its external moderation phase, its Perspective and its Akismet calls, rebuilt from its source.

Coral 9.11.8, github.com/coralproject/talk at 8bf2ad784d65ae23a277be045819af04642ed8ce, below server/src/core/server:
services/comments/pipeline/phases/{external,toxic,spam}.ts, services/fetch, services/perspective/perspective.ts,
events/listeners/perspective.ts, services/spam/index.ts, models/settings/signingSecret/helpers.ts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from models.attributes import ATTRIBUTES
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing, Opinion
from moderation.domain.policy import Thresholds
from moderation.services import api_keys
from moderation.web.compat.coral import signed
from moderation.wiring import Wiring
from tests.compat.conftest import Shared

SECRET = "coral-signing-secret"
REQUEST = {
    "action": "NEW",
    "comment": {"body": "<div>I read it <b>twice</b>.<br>Thank&nbsp;you</div>", "parentID": None},
    "author": {"id": "baf4e943-3594-4fcc-b2ba-3e8de7a76352", "role": "COMMENTER"},
    "story": {"id": "245b3856-b0a0-4d2f-a6bb-58c71f18d6a6", "url": "https://news.example/story?a=1"},
    "site": {"id": "a4bede88-2d2c-4424-bc18-4322a9e285a6"},
    "tenantID": "19ba5794-7eeb-4d46-a81b-c00c61672501",
    "tenantDomain": "coral.news.example",
}  # fmt: skip
# An EDIT of an answer differs in these two alone.
EDIT = REQUEST | {"action": "EDIT", "comment": {"body": "<p>Better</p>", "parentID": "d79b787f-f406-49a0"}}
VERSION = "9.11.8"
Send = Callable[..., Any]


@pytest.fixture
def send(shared: Shared) -> Send:
    made = api_keys.add_key(shared.wiring, shared.site, name="Coral", by="operator", coral_secret=SECRET)

    def post(document: Any, *, secrets: Sequence[str] = (SECRET,), key_id: str = made.id) -> Any:
        # JSON.stringify(data, null, 2), and a signature over that text for each secret in force.
        body = document if isinstance(document, bytes) else json.dumps(document, indent=2, ensure_ascii=False).encode()
        marks = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
        headers = {"X-Coral-Signature": ",".join(f"sha256={mark}" for mark in marks),
                   "Content-Type": "application/json", "User-Agent": f"Coral Moderation/{VERSION}"}  # fmt: skip
        return shared.client.post(f"/coral/phase/{key_id}", data=body, headers=headers)

    return post


def _thinks(monkeypatch: pytest.MonkeyPatch, p_reject: float, **more: float) -> None:
    scores = dict.fromkeys(ATTRIBUTES, 0.01) | more
    opinion = Opinion(p_reject, p_reject, p_reject, scores, "m@1")
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [opinion] * len(texts))
    monkeypatch.setattr(Scorer, "operating_point", lambda self, model=None: Thresholds(0.1, 0.9, 0.9))


def test_no_objection_is_an_empty_answer(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    _thinks(monkeypatch, 0.0)
    answer = send(REQUEST)
    assert (answer.status_code, answer.data) == (204, b"")


def test_what_the_policy_says_becomes_corals_words(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    toxic = {"status": "REJECTED", "actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]}
    spam = {"status": "REJECTED", "actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}]}
    _thinks(monkeypatch, 0.999)
    assert send(REQUEST).get_json() == toxic
    _thinks(monkeypatch, 0.3, spam=0.999)
    assert send(REQUEST).get_json() == spam
    _thinks(monkeypatch, 0.4)
    assert send(REQUEST).get_json() == {"status": "SYSTEM_WITHHELD"}
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [Missing("none")] * len(texts))
    assert send(REQUEST).get_json() == {"status": "SYSTEM_WITHHELD"}
    _thinks(monkeypatch, 0.999)
    assert send(REQUEST | {"author": {"id": "1", "role": "MODERATOR"}}).status_code == 204


def test_without_its_signature_a_request_learns_nothing(send: Send, shared: Shared) -> None:
    assert send(REQUEST, secrets=["another"]).status_code == 401
    assert send(REQUEST, key_id="0" * 26).status_code == 401
    assert shared.client.post("/coral/phase/nothing", json=REQUEST).status_code == 401


def test_an_edit_is_judged_too_and_a_secret_may_be_on_its_way_out(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    _thinks(monkeypatch, 0.999)
    assert send(EDIT, secrets=["the old one", SECRET]).get_json()["status"] == "REJECTED"


def test_each_answer_is_one_that_coral_takes(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the schema with which phases/external.ts validates: an answer that fails it is thrown away whole."""
    for p_reject, spam in ((0.999, 0.0), (0.3, 0.999), (0.4, 0.0), (0.4, 0.6)):
        _thinks(monkeypatch, p_reject, spam=spam)
        body = send(REQUEST).get_json()
        assert set(body) <= {"status", "actions", "tags", "moderationAction"}
        assert body["status"] in ("NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD")
        for action in body.get("actions", []):
            assert set(action) == {"actionType", "reason"}
            assert action["actionType"] == "FLAG"
            assert action["reason"] in ("COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM")


def test_one_of_several_signatures_is_enough() -> None:
    good = "sha256=" + hmac.new(b"s", b"body", hashlib.sha256).hexdigest()
    assert signed("s", b"body", f"sha256=00, {good}")
    assert not signed("s", b"other", good)
    assert not signed("s", b"body", "sha256=\u00e9")
    assert not signed("s", b"body", "")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"comment": 1}', b'{"comment": {"body": 1}}', b"\xff"])
def test_a_signed_body_that_is_no_comment_is_a_clear_error(send: Send, body: bytes) -> None:
    answer = send(body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


def test_html_is_read_as_its_readers_see_it_with_where_links_lead(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    _thinks(monkeypatch, 0.0)
    read: list[str] = []
    scored = Scorer.opinions
    monkeypatch.setattr(
        Scorer, "opinions", lambda self, texts, site_id="": read.extend(texts) or scored(self, texts, site_id)
    )
    rich = '<div>I read it <b>twice</b>.<br>Thank&nbsp;you, <a href="http://b.example">here</a></div>'
    for html in (rich, "1 < 2 <"):
        send(REQUEST | {"comment": {"body": html, "parentID": None}})
    assert read == ["I read it twice.\nThank you, here (http://b.example)", "1 < 2 <"]


def _to_perspective(client: FlaskClient, key: str, operation: str, body: Any) -> Any:
    """`endpoint` is ours + /v1alpha1; the operation is joined to its path and the key set as its query."""
    headers = {"Content-Type": "application/json", "User-Agent": f"Coral Perspective/{VERSION}",
               "Accept": "application/json, text/plain, */*"}  # fmt: skip
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return client.post(f"/v1alpha1/{operation}?key={key}", data=raw, headers=headers)


def test_corals_toxic_phase_gets_what_it_reads(shared: Shared) -> None:
    for language in ("en", "es", "fr", "de", "pt"):  # what it makes of a tenant's locale
        asked = {
            "comment": {"text": "You are all idiots 🙂"}, "doNotStore": True,
            "requestedAttributes": {"TOXICITY": {}}, "languages": [language],
        }  # fmt: skip
        answer = _to_perspective(shared.client, shared.key, "comments:analyze", asked)
        if language == "en":
            assert isinstance(answer.get_json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"], float)
        else:  # it logs that, and lets the comment through
            assert answer.status_code == 400


@pytest.mark.parametrize("parent", [None, "p1"])
def test_corals_feedback_is_a_label(client: FlaskClient, key: str, wiring: Wiring, parent: str | None) -> None:
    url = "https://n.example/s?commentID=c1"
    place = {"url": url, "reply_to_id_Coral_comment_id": parent, "Coral_comment_id": "c1"}
    told = {
        "comment": {"text": "You are all idiots"},
        # JSON.stringify leaves out what is undefined.
        "context": {"entries": [{"text": json.dumps({name: value for name, value in place.items() if value})}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}, "languages": ["en"],
        "communityId": "Coral:https://coral.news.example", "clientToken": "comment:c1",
    }  # fmt: skip
    for _ in range(2):
        answer = _to_perspective(client, key, "comments:suggestscore", told)
        assert answer.get_json()["clientToken"] == "comment:c1"
    assert _labels(wiring) == [("coral.suggestscore", "rejected")]


def _labels(wiring: Wiring) -> list[tuple[str, ...]]:
    with wiring.database.read() as conn:
        return [tuple(row) for row in conn.execute(sql("SELECT source, verdict FROM feedback"))]


AKISMET = {
    "user_ip": "", "referrer": "https://news.example/story", "user_agent": "Mozilla/5.0",
    "comment_content": "<div>Cheap watches</div>", "permalink": "https://news.example/story",
    "comment_author": "ann", "comment_type": "comment", "comment_date_gmt": "2026-11-25T10:00:00.000Z",
}  # fmt: skip


def test_corals_spam_phase_and_its_corrections(client: FlaskClient, key: str, wiring: Wiring) -> None:
    """Checks by akismet-api 6, a form; corrections by a fetch of its own: JSON, without blog or key, which stands in
    the host. The address is empty where Coral was told to keep addresses to itself."""
    host = f"https://{key}.rest.akismet.com"
    checked = {**AKISMET, "blog": "https://news.example", "is_test": "false"}
    answer = client.post("/1.1/comment-check", data=checked, base_url=host)
    assert (answer.status_code, answer.data in (b"true", b"false")) == (200, True)
    for call, label in (("submit-spam", "spam"), ("submit-ham", "approved")):
        body = {**AKISMET, "is_test": False, **({"recheck_reason": "edit"} if label == "spam" else {})}
        answer = client.post(f"/1.1/{call}", json=body, base_url=host)
        assert answer.data == b"Thanks for making the web a better place."
        assert _labels(wiring) == [(f"akismet.{call}", label)]
