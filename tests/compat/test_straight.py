"""A call that is answered before Flask is answered as Flask answers it, counted and named in the log like any other."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from moderation.checks.classifier import Scorer
from moderation.web.app import create_app
from moderation.web.compat.straight import PATH
from moderation.wiring import Wiring
from tests.compat.conftest import Shared

ATTRIBUTES: dict[str, Any] = {"TOXICITY": {}, 'SPAM@"\ud800': {}}
ASKED = {"comment": {"text": "You idiot. \U0001f600 Sorry!"}, "requestedAttributes": ATTRIBUTES}
BODIES: list[Mapping[str, Any] | bytes] = [
    ASKED,
    ASKED | {"languages": ["en"], "spanAnnotations": True, "clientToken": "\U0001f600 \ud800"},
    ASKED | {"requestedAttributes": {"TOXICITY": {"scoreThreshold": 1}}},
    ASKED | {"languages": ["xx"]},
    ASKED | {"comment": {"text": ""}},
    b"\xff", b"[]", b" ", b"[" * 100_000,
]  # fmt: skip


def answered(response: TestResponse) -> tuple[int, dict[str, str], Any]:
    assert len(response.headers["X-Request-ID"]) == 32
    kept = {name: value for name, value in response.headers if name != "X-Request-ID"}
    return response.status_code, kept, response.get_json()


def sent(body: Mapping[str, Any] | bytes) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.parametrize("body", BODIES)
def test_an_answer_is_the_same_by_either_way(
    shared: Shared, body: Mapping[str, Any] | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A key in a header goes through Flask; so does what follows this line if it is not answered before.
    through = answered(shared.client.post(PATH, data=sent(body), headers={"X-Goog-Api-Key": shared.key}))
    monkeypatch.setattr("flask.Flask.full_dispatch_request", lambda self: pytest.fail("Flask was asked"))
    for query in (f"key={shared.key}", f"alt=json&key={shared.key}&prettyPrint=false"):
        assert answered(shared.client.post(f"{PATH}?{query}", data=sent(body))) == through


@pytest.mark.parametrize("query", ["", "key=", "key=000000000000", "key=0&key={}", "key=%30&key={}", "%6Bey=0&key={}",
                                   "xkey={}", "key={}0", "key={}&key=0"])  # fmt: skip
def test_a_key_that_is_not_plain_to_see_is_looked_for_by_flask(shared: Shared, query: str) -> None:
    address = f"{PATH}?{query.format(shared.key)}"
    expected = 200 if query == "key={}&key=0" else 403 if query in ("", "key=", "xkey={}") else 400
    assert shared.client.post(address, json=ASKED).status_code == expected


def test_it_is_counted_by_its_route_and_keeps_the_id_that_it_came_with(shared: Shared) -> None:
    def count(status: int) -> float:
        name = "moderato_request_seconds_count"
        labels = f'{{method="POST",route="/v1alpha1/comments:<operation>",status="{status}"}}'
        text = shared.client.get("/metrics").get_data(as_text=True)
        return sum(float(each.rpartition(" ")[2]) for each in text.splitlines() if each.startswith(f"{name}{labels}"))

    before = count(200), count(400)
    address = f"{PATH}?key={shared.key}"
    named = shared.client.post(address, json=ASKED, headers={"X-Request-ID": "proxy-0042"})
    assert named.headers["X-Request-ID"] == "proxy-0042"
    assert shared.client.post(address, json={}).status_code == 400
    assert (count(200), count(400)) == (before[0] + 1, before[1] + 1)


def test_half_a_body_is_an_error(shared: Shared) -> None:
    whole = json.dumps(ASKED).encode()
    environ = EnvironBuilder(path=f"{PATH}?key={shared.key}", method="POST", data=whole).get_environ()
    environ["wsgi.input"] = io.BytesIO(whole[:-5])
    chunks, status, _ = run_wsgi_app(shared.client.application, environ)
    assert status.startswith("400 ")
    assert json.loads(b"".join(chunks))["error"]["details"]


def test_what_breaks_is_told_without_its_words(wiring: Wiring, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError("You idiot")

    client = create_app(replace(wiring)).test_client()
    monkeypatch.setattr(Scorer, "current", broken)
    answer = client.post(f"{PATH}?key={key}", json=ASKED)
    assert (answer.status_code, answer.get_json()["error"]["status"]) == (500, "INTERNAL")
    assert "idiot" not in answer.get_data(as_text=True)
