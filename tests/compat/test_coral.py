"""Coral: its external moderation phase, signed, and its Perspective calls as its source makes them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from models.attributes import ATTRIBUTES
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing, Opinion
from moderation.domain.policy import Thresholds
from moderation.services import api_keys
from moderation.web.compat.coral import plain, signed
from moderation.wiring import Wiring
from tests.compat.conftest import Shared

SECRET = "coral-signing-secret"
REQUEST = {
    "action": "NEW",
    "comment": {"body": "<div>I read it <b>twice</b>.<br>Thank&nbsp;you</div>", "parentID": None},
    "author": {"id": "9c1a", "role": "COMMENTER"},
    "story": {"id": "51f2", "url": "https://news.example/story"},
    "site": {"id": "a1"}, "tenantID": "t1", "tenantDomain": "coral.news.example",
}  # fmt: skip
Send = Callable[..., Any]


@pytest.fixture
def send(shared: Shared) -> Send:
    made = api_keys.add_key(shared.wiring, shared.site, name="Coral", by="operator", coral_secret=SECRET)

    def post(document: Any, *, secret: str = SECRET, key_id: str = made.id) -> Any:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        # As Coral's documentation has it: sha256= and the hex digest over the raw body.
        mark = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Coral-Signature": mark, "Content-Type": "application/json"}
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
    assert send(REQUEST, secret="another").status_code == 401
    assert send(REQUEST, key_id="0" * 26).status_code == 401
    assert shared.client.post("/coral/phase/nothing", json=REQUEST).status_code == 401


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


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>I read it <b>twice</b>.<br>Thank&nbsp;you</div>", "I read it twice.\nThank\u00a0you"),
        ('<a href="http://b.example">here</a>', "http://b.example here"),
        ("1 < 2 <", "1 < 2 <"),
        ("", ""),
    ],
)
def test_html_is_read_as_its_readers_see_it(html: str, text: str) -> None:
    assert " ".join(plain(html).split(" ")) == text or plain(html).split() == text.split()


def test_a_broken_declaration_is_no_error() -> None:
    # Browsers show nothing of it; Python's parser drops it in some releases and keeps it in others.
    assert plain("<![weird") in ("", "<![weird")


def test_corals_perspective_phase_gets_what_it_reads(client: FlaskClient, key: str, wiring: Wiring) -> None:
    """Field by field as services/perspective of Coral 9.11 builds it, with `endpoint` set to ours + /v1alpha1."""
    asked = {
        "comment": {"text": "You are all idiots"}, "context": {"entries": [{"text": '{"url":"https://n.example/s"}'}]},
        "doNotStore": True, "languages": ["en"], "requestedAttributes": {"TOXICITY": {}},
    }  # fmt: skip
    answer = client.post(f"/v1alpha1/comments:analyze?key={key}", json=asked)
    assert isinstance(answer.get_json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"], float)
    told = {
        "comment": {"text": "You are all idiots"},
        "context": {"entries": [{"text": json.dumps({"url": "https://n.example/s", "reply_to_id_Coral_comment_id": "",
                                                     "Coral_comment_id": "c1"})}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}, "languages": ["EN"],
        "communityId": "Coral:https://coral.news.example", "clientToken": "comment:c1",
    }  # fmt: skip
    body = {**told, "languages": ["en"]}
    answer = client.post(f"/v1alpha1/comments:suggestscore?key={key}", json=body)
    assert answer.get_json()["clientToken"] == "comment:c1"
    with wiring.database.read() as conn:
        rows = [tuple(row) for row in conn.execute(sql("SELECT source, verdict FROM feedback"))]
    assert rows == [("coral.suggestscore", "rejected")]
    # Its constants are upper case in places; a language is one whatever its case.
    assert client.post(f"/v1alpha1/comments:suggestscore?key={key}", json=told).status_code == 200


def test_discourses_perspective_plugin_gets_what_it_reads(shared: Shared) -> None:
    """As discourse-perspective-api builds it: every attribute of its settings, read by summaryScore alone."""
    asked = {
        "comment": {"text": "Some post"}, "doNotStore": True, "sessionId": "7f0c9a5e8c3a_perspective_api",
        "requestedAttributes": {"TOXICITY": {}, "SEVERE_TOXICITY": {}, "IDENTITY_ATTACK": {}, "INSULT": {},
                                "PROFANITY": {}, "THREAT": {}},
        "languages": ["en"],
    }  # fmt: skip
    answer = shared.client.post(
        f"/v1alpha1/comments:analyze?key={shared.key}", data=json.dumps(asked), headers={"User-Agent": "Discourse/3.6"}
    )
    assert set(answer.get_json()["attributeScores"]) == set(asked["requestedAttributes"])  # type: ignore[call-overload]
