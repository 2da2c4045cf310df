"""OpenAI's moderations endpoint: inputs of every kind, thirteen categories, and errors in their envelope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models.attributes import ATTRIBUTES
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing, Opinion
from moderation.web.compat.openai import SERVED
from tests.compat.conftest import Shared

Ask = Callable[..., Any]
NAMES = (
    "harassment harassment/threatening hate hate/threatening illicit illicit/violent self-harm self-harm/instructions "
    "self-harm/intent sexual sexual/minors violence violence/graphic"
)


@pytest.fixture
def ask(shared: Shared) -> Ask:
    headers = {"Authorization": f"Bearer {shared.key}"}
    return lambda body: shared.client.post("/v1/moderations", json=body, headers=headers)


@pytest.mark.parametrize(
    ("given", "results"),
    [
        ("Hello there", 1),
        (["Hello", "", "You there"], 3),
        ([{"type": "text", "text": "Hello"}, {"type": "text", "text": "again"}], 1),
        ("", 1),
    ],
)
def test_each_text_has_a_result_with_all_categories(ask: Ask, given: Any, results: int) -> None:
    answer = ask({"input": given, "model": "omni-moderation-latest"})
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["id"].startswith("modr-")
    assert len(body["results"]) == results
    for result in body["results"]:
        assert set(result["categories"]) == set(result["category_scores"]) == set(NAMES.split())
        assert result["flagged"] is any(result["categories"].values())
        looked = {name for name, kinds in result["category_applied_input_types"].items() if kinds == ["text"]}
        assert looked == {name for name, ours in SERVED.items() if ours}
        assert all(result["category_scores"][name] == 0.0 for name in SERVED if name not in looked)


def test_categories_follow_our_scores(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = dict.fromkeys(ATTRIBUTES, 0.1) | {"threat": 0.9, "toxicity": 0.3}
    opinion = Opinion(0.5, 0.4, 0.6, scores, "m@1")
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [opinion] * len(texts))
    body = ask({"input": "x"}).get_json()
    (result,) = body["results"]
    assert body["model"] == "m@1"
    assert {name for name, flagged in result["categories"].items() if flagged} == {"harassment/threatening", "violence"}
    assert result["flagged"]
    assert result["category_scores"]["harassment"] == 0.3


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": 5}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", 5]}, "input[0]"),
        ({"input": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]}, "input[0]"),
        ({"input": [{"type": "text"}]}, "input[0]"),
        ({"input": ["x"] * 300}, "input"),
        ({"input": "x" * 1_000_001}, "input"),
        ([], None),
    ],
)
def test_a_bad_input_is_named(ask: Ask, body: Any, param: str | None) -> None:
    answer = ask(body)
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_a_wrong_key_and_a_missing_model_have_their_errors(
    shared: Shared, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for headers in ({}, {"Authorization": "Bearer sk-nothing"}):
        answer = shared.client.post("/v1/moderations", json={"input": "x"}, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "invalid_api_key")
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [Missing("none")] * len(texts))
    assert ask({"input": "x"}).status_code == 503


def test_a_body_that_is_no_json_is_a_clear_error(shared: Shared) -> None:
    answer = shared.client.post("/v1/moderations", data=b"{", headers={"Authorization": f"Bearer {shared.key}"})
    assert answer.status_code == 400
    assert "parse the JSON" in answer.get_json()["error"]["message"]
