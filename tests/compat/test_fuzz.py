"""Real requests, damaged in every way: no protocol ever answers 5xx, and each answers in its own shape."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from moderation.domain.site import Site
from moderation.services import api_keys
from moderation.web.app import create_app
from moderation.wiring import Wiring
from tests.compat.replay import EXCERPTS, kept
from tests.support.settings import SITE_ORIGIN

SEED = 20261125
SECRET = "hush"
HOSTILE = (
    b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", "\U0001f469\u200d\U0001f680".encode(),
    "e\u0301".encode() * 50, b"%00", b"%zz", b"NaN", b"1e999", b"-0", b"9" * 400, b"[" * 2_000, b'{"a":' * 500,
    b"null", b"true", b'""', b"[]", b"{}", b"'; DROP TABLE api_keys; --", b"<script>alert(1)</script>",
    b"\r\n\r\n", b"--", b"&&&&", b"a=b&" * 50, b"\xe2\x80\xae",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e300, "", "x", "\x00", "\ud800", [], {}, [[]], {"": {}}, "x" * 30_000, [None],
    ["\udfff"], {"value": "high"}, 10**30 + 7, "HTML", "de",
)  # fmt: skip
KINDS = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "",
    "x" * 300, "multipart/mixed", "application/json; charset=utf-16",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    path: str
    kind: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@pytest.fixture
def unlimited(wiring: Wiring) -> FlaskClient:
    much = {"rate_limit_keys": "1000000000/minute", "feedback_per_key": 1_000_000}
    return create_app(replace(wiring, settings=wiring.settings.model_copy(update=much))).test_client()


@pytest.fixture
def cases(wiring: Wiring, site: Site, key: str) -> list[Case]:
    found = [
        Case(sent.path, next((v for n, v in sent.headers if n.lower() == "content-type"), ""), sent.body,
             tuple((n, v) for n, v in sent.headers if n.lower() == "authorization"))
        for name in sorted(path.stem for path in EXCERPTS.glob("*.http"))
        for sent in kept(name, key)
        if sent.method == "POST"
    ]  # fmt: skip
    found = [_with_key(case, key) for case in found]
    coral = api_keys.add_key(wiring, site, name="Coral", by="operator", coral_secret=SECRET)
    asked = {"action": "NEW", "comment": {"body": "<p>Hello</p>"}, "author": {"role": "COMMENTER"}}
    form = {"author": "Ann", "email": "ann@example.org", "comment": "Words", "comment_post_ID": "1", "redirect_to": "x"}
    context = {"entries": [{"text": "x"}], "articleAndParentComment": {"article": {"text": "y"}}}
    whole = {
        "comment": {"text": "Hi. You.", "type": "PLAIN_TEXT"}, "context": context, "spanAnnotations": True,
        "requestedAttributes": {"TOXICITY@1": {"scoreThreshold": 0.1}}, "languages": ["en"], "sessionId": "s",
    }  # fmt: skip
    return [
        *found,
        Case(f"/coral/phase/{coral.id}", "application/json", json.dumps(asked).encode()),
        Case("/wp-comments-post.php?site=demo", "application/x-www-form-urlencoded", urlencode(form).encode(),
             (("Origin", SITE_ORIGIN),)),
        Case(f"/v1alpha1/comments:analyze?key={key}", "application/json", json.dumps(whole).encode()),
    ]  # fmt: skip


def _with_key(case: Case, key: str) -> Case:
    """Where a client had its key in the host, it stands in the query here."""
    if case.path.startswith("/1.") and key.encode() not in case.body:
        return replace(case, path=f"{case.path}?api_key={key}")
    return case


def test_a_few_hundred_damaged_requests(unlimited: FlaskClient, cases: list[Case]) -> None:
    _fire(unlimited, cases, 400)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_damaged_requests(unlimited: FlaskClient, cases: list[Case]) -> None:
    _fire(unlimited, cases, 10_000)


def _fire(client: FlaskClient, cases: list[Case], number: int) -> None:
    draw = random.Random(SEED)
    answers: dict[int, int] = {}
    for _ in range(number):
        case = _damaged(draw.choice(cases), draw)
        headers = [*case.headers]
        if case.path.startswith("/coral/"):
            mark = hmac.new(SECRET.encode(), case.body, hashlib.sha256).hexdigest()
            headers.append(("X-Coral-Signature", f"sha256={mark}"))
        answer = client.post(case.path, data=case.body, content_type=case.kind, headers=headers)
        told = f"{case.path} {case.kind!r} {case.body[:300]!r} -> {answer.status_code} {answer.data[:300]!r}"
        assert answer.status_code < 500, told
        assert _has_its_shape(case.path, answer), told
        answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
    print(f"\n{number} damaged requests: {dict(sorted(answers.items()))}")
    assert len(answers) > 2  # some are still good, some are refused: the damage is neither nothing nor everything


def _damaged(case: Case, draw: random.Random) -> Case:
    harm: Callable[[Case, random.Random], Case] = draw.choice(
        (_spliced, _spliced, _cut, _retyped, _retyped, _retyped, _relabelled, _requeried)
    )
    return harm(case, draw)


def _spliced(case: Case, draw: random.Random) -> Case:
    at, body = draw.randint(0, len(case.body)), case.body
    return replace(case, body=body[:at] + draw.choice(HOSTILE) + body[at + draw.randint(0, 12) :])


def _cut(case: Case, draw: random.Random) -> Case:
    return replace(case, body=case.body[: draw.randint(0, len(case.body))] * draw.randint(0, 3))


def _relabelled(case: Case, draw: random.Random) -> Case:
    return replace(case, kind=draw.choice(KINDS))


def _requeried(case: Case, draw: random.Random) -> Case:
    more = draw.choice(HOSTILE).decode("latin-1")
    query = urlencode({draw.choice(["url", "alt", "site", "comment_context[]", "x"]): more[:500]}, errors="replace")
    return replace(case, path=f"{case.path}{'&' if '?' in case.path else '?'}{query}")


def _retyped(case: Case, draw: random.Random) -> Case:
    """Another value somewhere in a JSON document, or in a form."""
    try:
        document = json.loads(case.body)
    except ValueError:
        fields = [field.split(b"=", 1)[0] for field in case.body.split(b"&") if b"=" in field]
        if not fields or b"\r\n" in case.body:
            return _spliced(case, draw)
        value = urlencode({"": str(draw.choice(VALUES))}, errors="replace").encode()
        return replace(case, body=case.body + b"&" + draw.choice(fields) + value)
    return replace(case, body=json.dumps(_with_another_value(document, draw)).encode())


def _with_another_value(node: Any, draw: random.Random) -> Any:
    if isinstance(node, dict) and node and draw.random() < 0.85:
        name = draw.choice(list(node))
        changed = dict(node)
        if draw.random() < 0.15:
            changed["\ud83d x" * draw.randint(0, 3)] = changed.pop(name)
        else:
            changed[name] = _with_another_value(node[name], draw)
        return changed
    if isinstance(node, list) and node and draw.random() < 0.7:
        at = draw.randrange(len(node))
        return [*node[:at], _with_another_value(node[at], draw), *node[at + 1 :]] * draw.choice((1, 1, 2))
    return draw.choice(VALUES)


def _has_its_shape(path: str, answer: Any) -> bool:
    if path.startswith("/1."):
        words = {b"true", b"false", b"valid", b"invalid", b"Thanks for making the web a better place."}
        return answer.data in words or answer.mimetype == "application/json" or answer.status_code in (413, 429)
    if path.startswith("/batch"):
        return answer.mimetype == "multipart/mixed" or bool(answer.get_json()["error"]["details"])
    if path.startswith("/v1alpha1"):
        body = answer.get_json()
        return "languages" in body or "requestedLanguages" in body or bool(body["error"]["details"])
    if path.startswith("/v1/"):
        body = answer.get_json()
        return "results" in body or set(body["error"]) == {"message", "type", "param", "code"}
    if path.startswith("/coral/"):
        return answer.status_code == 204 or bool({"status", "error"} & set(answer.get_json()))
    return answer.status_code in (200, 302, 403, 409, 413, 429)
