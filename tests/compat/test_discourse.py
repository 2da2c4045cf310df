"""Discourse: its Perspective and its Akismet plugin, rebuilt from their source.

github.com/discourse/discourse-perspective-api at 53ece46001620bcc426fa5246c70a31f0bd1fa46,
lib/discourse_perspective.rb;
github.com/discourse/discourse-akismet at 2a9ec0d4cd2596f90e040cae64676aca1f70857c, lib/akismet.rb.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from moderation.wiring import Wiring
from tests.compat.conftest import Shared

BLOG = "https://forum.example"
POST = {
    "blog": BLOG, "content_type": "reply", "referrer": None, "permalink": f"{BLOG}/t/a-topic/12/3",
    "comment_author": "ann", "comment_content": "Cheap watches\n\nSee my shop", "comment_author_url": None,
    "user_ip": None, "user_agent": None, "comment_date_gmt": "2026-11-25T10:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize("model", ["TOXICITY", "SEVERE_TOXICITY"])
@pytest.mark.parametrize("raw", ["You are an idiot, and I mean it. \U0001f642", "An honest word. " * 1280])
def test_the_perspective_plugin_gets_the_score_it_reads(shared: Shared, model: str, raw: str) -> None:
    """One attribute, by its setting; no language; cut to 20,480 bytes; it reads the first summary score."""
    asked = {
        "comment": {"text": raw}, "doNotStore": True, "sessionId": f"{BLOG}_42",
        "requestedAttributes": {model: {"scoreType": "PROBABILITY"}},
    }  # fmt: skip
    headers = {"Accept": "*/*", "Content-Type": "application/json", "User-Agent": "Discourse/2026.4.0"}
    answer = shared.client.post(
        f"/v1alpha1/comments:analyze?key={shared.key}", headers=headers,
        data=json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode(),
    )  # fmt: skip
    assert answer.status_code == 200
    ((name, scores),) = answer.get_json()["attributeScores"].items()
    assert name == model
    assert 0 <= scores["summaryScore"]["value"] <= 1


def _send(client: FlaskClient, key: str, call: str, fields: dict[str, Any]) -> Any:
    """Rails' to_query: sorted, and what is nil empty."""
    body = urlencode([(name, "" if fields[name] is None else fields[name]) for name in sorted(fields)])
    return client.post(
        f"/1.1/{call}", data=body, base_url=f"https://{key}.rest.akismet.com",
        headers={"Content-Type": "application/x-www-form-urlencoded",
                 "User-Agent": "Discourse/2026.4.0 | discourse-akismet/1.0.0"},
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["reply", "forum-post", "post-voting-comment", "signup"])
def test_the_akismet_plugin_gets_a_verdict_it_takes(shared: Shared, kind: str) -> None:
    """It raises for any body but these two, takes X-akismet-error for an error, and may have no address to send."""
    answer = _send(shared.client, shared.key, "comment-check", {**POST, "content_type": kind})
    assert (answer.status_code, answer.data in (b"true", b"false")) == (200, True)
    assert "X-akismet-error" not in answer.headers


def test_its_corrections_are_labels(client: FlaskClient, key: str, wiring: Wiring) -> None:
    for state, label in (("spam", "spam"), ("ham", "approved")):
        assert _send(client, key, f"submit-{state}", POST).data == b"Thanks for making the web a better place."
        with wiring.database.read() as conn:
            rows = [tuple(row) for row in conn.execute(sql("SELECT source, verdict FROM feedback"))]
        assert rows == [(f"akismet.submit-{state}", label)]
