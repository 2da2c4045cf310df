"""The OpenAPI document of the foreign protocols, and schemathesis against it: no 5xx, and no shape but its own."""

from __future__ import annotations

import hashlib
import hmac
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moderation.domain.site import Site
from moderation.services import api_keys
from moderation.web.app import create_app
from moderation.wiring import Wiring
from tests.compat.conftest import Shared
from tests.support.settings import SITE_ORIGIN

ADDRESS = "/compat/openapi.json"
SECRET = "hush"
HOST = "http://localhost"
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def unlimited(wiring: Wiring) -> FlaskClient:
    much = {"rate_limit_keys": "1000000000/minute", "feedback_per_key": 1_000_000}
    return create_app(replace(wiring, settings=wiring.settings.model_copy(update=much))).test_client()


class Sender:
    """Sends generated requests as `requests` would write them; three of four with a key that works."""

    def __init__(self, client: FlaskClient, key: str, coral_id: str) -> None:
        self._client = client
        self._key = key
        self._coral_id = coral_id

    def send(self, case: Case) -> Any:
        given = {**case.as_transport_kwargs(base_url=HOST), "cookies": None}
        if zlib.crc32(repr(given).encode()) % 4:
            self._let_in(given)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what requests thinks of odd headers
            prepared = requests.Request(**given).prepare()
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        headers = [(name, value) for name, value in prepared.headers.items() if name.lower() != "content-length"]
        headers = [(name, value.decode("latin-1") if isinstance(value, bytes) else value) for name, value in headers]
        if "/coral/" in case.path:
            mark = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            headers = [(n, f"sha256={mark}" if n.lower() == "x-coral-signature" else v) for n, v in headers]
        path = (prepared.url or "").removeprefix(HOST)
        return self._client.open(path, method=case.method, data=body, headers=headers, base_url=HOST)

    def _let_in(self, given: dict[str, Any]) -> None:
        path = given["url"].removeprefix(HOST)
        given["params"] = dict(given.get("params") or {})
        if path.startswith(("/v1alpha1", "/batch")):
            given["params"]["key"] = self._key
        elif path.startswith("/1."):
            for place in ("params", "data", "json"):
                if isinstance(given.get(place), dict):
                    given[place] = {**given[place], "api_key": self._key}
        elif path.startswith("/v1/"):
            given["headers"] = {**(given.get("headers") or {}), "Authorization": f"Bearer {self._key}"}
        elif path.startswith("/coral"):
            given["url"] = f"{HOST}/coral/phase/{self._coral_id}"
        elif path.startswith("/wp-"):
            given["params"] |= {"site": "demo"}
            given["headers"] = {**(given.get("headers") or {}), "Origin": SITE_ORIGIN}


@pytest.fixture
def sender(unlimited: FlaskClient, wiring: Wiring, site: Site, key: str) -> Sender:
    coral = api_keys.add_key(wiring, site, name="Coral", by="operator", coral_secret=SECRET)
    return Sender(unlimited, key, coral.id)


def _operations(client: FlaskClient) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(client.get(ADDRESS, base_url=HOST).get_json())
    for found in schema.get_all_operations():
        yield found.ok()


def _fire(sender: Sender, client: FlaskClient, examples: int) -> Counter[str]:
    """Half of the requests as the document has them, half not."""
    seen: Counter[str] = Counter()
    for operation in _operations(client):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @seed(20261125)
            @settings(
                max_examples=examples, database=None, deadline=None, report_multiple_bugs=False,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def fire(case: Case) -> None:
                answer = sender.send(case)
                told = f"{case.method} {case.path} {str(case.body)[:500]} -> {answer.status_code} {answer.data[:300]!r}"
                assert answer.status_code < 500, told
                try:
                    case.validate_response(answer, checks=CHECKS)
                except FailureGroup as failures:
                    raise AssertionError("\n".join([told, *map(str, failures.exceptions)])) from None
                seen[str(answer.status_code)] += 1

            fire()
    return seen


@pytest.mark.timeout(240, method="signal")
def test_a_few_hundred_generated_requests_are_answered_as_the_document_says(
    sender: Sender, unlimited: FlaskClient
) -> None:
    seen = _fire(sender, unlimited, 8)
    print(f"\n{seen.total()} generated requests: {dict(sorted(seen.items()))}")
    assert seen.total() >= 300
    assert {"200", "400"} <= set(seen)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_generated_requests_are_answered_as_the_document_says(
    sender: Sender, unlimited: FlaskClient
) -> None:
    seen = _fire(sender, unlimited, 300)
    print(f"\n{seen.total()} generated requests: {dict(sorted(seen.items()))}")
    assert seen.total() >= 10_000


def test_the_document_has_every_address_of_these_protocols_and_names_the_host(shared: Shared) -> None:
    document = shared.client.get(ADDRESS, base_url="https://scores.example.org").get_json()
    assert document["servers"] == [{"url": "https://scores.example.org"}]
    blueprints = ("perspective.", "akismet.", "openai.", "coral.", "wordpress.")
    rules = shared.client.application.url_map.iter_rules()
    ours = " ".join(str(rule) for rule in rules if rule.endpoint.startswith(blueprints))
    for placeholder, name in (("<operation>", "analyze"), ("<call>", "comment-check"), ("<id>", "{id}")):
        ours = ours.replace(placeholder, name)
    expected = {*ours.split()} - {"/1.2/comment-check"}
    assert expected <= set(document["paths"])


def test_a_protocol_that_no_longer_answers_in_its_shape_is_noticed(sender: Sender, unlimited: FlaskClient) -> None:
    class Broken(Sender):
        def send(self, case: Case) -> Any:
            answer = super().send(case)
            answer.set_data(b"{}")
            return answer

    broken = Broken(sender._client, sender._key, sender._coral_id)
    with pytest.raises(AssertionError, match="violates schema"):
        _fire(broken, unlimited, 3)
