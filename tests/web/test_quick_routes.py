"""What the lane answers: many at once in one thread, each as if it had come alone, and none holds what others need."""

from __future__ import annotations

import faulthandler
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from redis import Redis
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse

from moderation.services import api_keys, first_site
from moderation.web import limits
from moderation.web.app import create_app
from moderation.web.serving.lane import Lane
from moderation.web.serving.worker import MOST_A_TURN, LaneWorker
from moderation.wiring import Wiring
from tests.services.looking import a_text
from tests.support.redis import running_redis
from tests.support.settings import SITE_ORIGIN

Ask = Callable[[int], TestResponse]
PAGE = f"{SITE_ORIGIN}/page"
FORM = "application/x-www-form-urlencoded"
MANY = 2 * MOST_A_TURN


@pytest.fixture(autouse=True)
def told_where_it_hangs() -> Iterator[None]:
    """One that waited for another of the same thread would wait for ever."""
    faulthandler.dump_traceback_later(120, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def asks(wiring: Wiring) -> dict[str, Ask]:
    """One a quick route, by the path with which it begins."""
    much = wiring.settings.model_copy(update={"rate_limit_keys": "1000000/second"})
    app = create_app(replace(wiring, settings=much))
    first_site.ensure(wiring)
    site = wiring.sites.by_key(wiring.settings.site_key)
    assert site is not None
    key = api_keys.add_key(wiring, site, name="Tests", by="operator").key
    client = app.test_client

    def comment(n: int) -> TestResponse:
        body = {"site": site.key, "thread_url": PAGE, "thread_title": "A page", "name": f"Reader {n}",
                "email": f"reader{n}@example.org", "comment": a_text(n)}  # fmt: skip
        return client().post("/api/v1/comments", json=body)

    def analyze(n: int) -> TestResponse:
        body = {"comment": {"text": a_text(n)}, "requestedAttributes": {"TOXICITY": {}, "SPAM": {}}}
        return client().post(f"/v1alpha1/comments:analyze?key={key}", json=body)

    def check(n: int) -> TestResponse:
        fields = {"api_key": key, "blog": "https://blog.example/", "user_ip": "203.0.113.7",
                  "comment_content": a_text(n)}  # fmt: skip
        return client().post("/1.1/comment-check", data=urlencode(fields), content_type=FORM)

    def moderate(n: int) -> TestResponse:
        return client().post(
            "/v1/moderations", json={"input": [a_text(n), "x"]}, headers={"Authorization": f"Bearer {key}"}
        )

    def thread(n: int) -> TestResponse:
        return client().get(f"/api/v1/threads?site={site.key}&url={quote(PAGE, safe='')}")

    return {
        "POST /api/v1/comments ": comment, "POST /v1alpha1/comments:analyze?": analyze,
        "POST /1.1/comment-check ": check, "POST /v1/moderations ": moderate, "GET /api/v1/threads?": thread,
    }  # fmt: skip


def test_a_turn_of_all_quick_routes_is_answered_as_each_alone_would_be(asks: dict[str, Ask]) -> None:
    assert {start.encode() for start in asks} == set(LaneWorker.quick)
    alone = {start: ask(10_000) for start, ask in asks.items()}
    answers: dict[tuple[str, int], TestResponse] = {}

    def one(start: str, n: int) -> None:
        answers[start, n] = asks[start](n)

    Lane().run([lambda s=s, n=n: one(s, n) for n in range(MANY) for s in asks])  # type: ignore[misc]
    assert len(answers) == MANY * len(asks)
    for (start, n), answer in answers.items():
        expected = (200, 201, 202) if start.startswith("POST /api") else (alone[start].status_code,)
        assert answer.status_code in expected, (start, n, answer.get_data(as_text=True))
        if answer.is_json and start != "GET /api/v1/threads?":
            assert answer.get_json().keys() == alone[start].get_json().keys()
    ids = {answer.headers["X-Request-ID"] for answer in answers.values()}
    assert len(ids) == len(answers)
    comments = [json.loads(answer.data)["comment"] for (start, _), answer in answers.items() if "api/v1/c" in start]
    assert sorted(comment["name"] for comment in comments) == sorted(f"Reader {n}" for n in range(MANY))


def test_who_may_not_ask_more_is_told_so_in_a_turn_as_alone(wiring: Wiring, redis_url: str) -> None:
    few = wiring.settings.model_copy(update={"rate_limit_comments": "3/minute"})
    app = create_app(replace(wiring, settings=few))
    seen: list[int] = []
    one = lambda: seen.append(app.test_client().post("/api/v1/comments", json={"site": few.site_key}).status_code)  # noqa: E731
    Lane().run([one] * 5)
    assert sorted(seen) == [422, 422, 422, 429, 429]


def test_hits_are_counted_though_redis_forgot_the_script_and_alone_while_it_is_away() -> None:
    with running_redis() as url:
        throttle = limits.Throttle(url, "tests")
        assert taken(throttle, 1) == 1
        with Redis.from_url(url) as client:
            client.script_flush()
        assert taken(throttle, 6) == 3
    assert taken(throttle, 6) == 4


def taken(throttle: limits.Throttle, asking: int) -> int:
    """How many of so many were let in."""
    let_in = []

    def take() -> None:
        with suppress(TooManyRequests):
            throttle.take("4/minute", scope="s", key="k")
            let_in.append(1)

    Lane().run([take] * asking)
    return len(let_in)
