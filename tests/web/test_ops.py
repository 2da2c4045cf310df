"""Health, readiness and figures: what works is said, what does not is named, and 503 means no comment is taken."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from moderation.storage import heartbeats
from moderation.web import ops
from moderation.web.app import create_app
from moderation.wiring import Wiring, build
from tests.support import settings as test_settings
from tests.support.processes import free_port


def beat(wiring: Wiring, *, ago_s: int = 0) -> None:
    at = wiring.clock.now_us() - ago_s * 1_000_000
    for name in ("worker:here", "clock:here"):
        wiring.database.write(lambda conn, name=name: heartbeats.beat(conn, name, at=at))  # type: ignore[misc]


def degraded(client: FlaskClient) -> set[str]:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.get_json()
    assert body["status"] == ("degraded" if body["degraded"] else "ready")
    return {trouble["what"] for trouble in body["degraded"]}


def test_it_is_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_is_ready_when_everything_works(client: FlaskClient, wiring: Wiring) -> None:
    beat(wiring)
    assert degraded(client) == set()


def test_workers_that_fell_silent_are_named(client: FlaskClient, wiring: Wiring) -> None:
    assert degraded(client) == {"worker", "clock"}
    beat(wiring, ago_s=ops.SILENT_S + 5)
    assert degraded(client) == {"worker", "clock"}


def test_a_full_disk_is_named(client: FlaskClient, wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(wiring)
    monkeypatch.setattr(ops, "ROOM_MIB", 1 << 40)
    assert degraded(client) == {"disk"}


Elsewhere = Callable[..., FlaskClient]


@pytest.fixture
def elsewhere(redis_url: str, tmp_path: Path) -> Iterator[Elsewhere]:
    """Clients of services over other parts than the fixtures'."""
    opened: list[Wiring] = []

    def client(database_url: str, redis: str = redis_url, **more: str) -> FlaskClient:
        opened.append(build(test_settings.load(database_url, redis, tmp_path, **more)))
        return create_app(opened[-1]).test_client()

    yield client
    for wiring in opened:
        wiring.close()


def test_redis_and_the_model_may_be_away_while_comments_are_taken(
    database_url: str, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    client = elsewhere(database_url, f"redis://127.0.0.1:{free_port()}/0", MODEL_DIR=str(tmp_path / "nothing"))
    assert {"redis", "model"} <= degraded(client)


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at-all.sqlite3", "postgresql://u@127.0.0.1:1/none"])
def test_without_its_database_it_is_alive_and_not_ready(url: str, elsewhere: Elsewhere) -> None:
    client = elsewhere(url)
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [trouble["what"] for trouble in answer.get_json()["degraded"]] == ["database"]
    assert figures(client)["moderato_database_up"] == 0


def figures(client: FlaskClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_figures_follow_what_happens(client: FlaskClient, wiring: Wiring) -> None:
    before = figures(client)
    fields = {
        "site": test_settings.SITE, "thread_url": f"{test_settings.SITE_ORIGIN}/a", "name": "Ann",
        "email": "ann@example.org", "comment": "A remark without a form's token, which a person will look at.",
    }  # fmt: skip
    answer = client.post("/api/v1/comments", json=fields)
    assert answer.status_code == 202
    assert client.post("/api/v1/comments", json={**fields, "name": ""}).status_code == 422
    after = figures(client)

    def rise(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert rise("moderato_intake_total 202") == 1
    assert rise("moderato_intake_total 422") == 1
    assert rise("moderato_decisions_total first review") == 1
    assert rise("moderato_scoring_seconds_count") == 1
    assert rise("moderato_request_seconds_count POST /api/v1/comments 202") == 1
    assert after["moderato_pending"] == 1
    assert after["moderato_outbox"] == 1
    assert 0 <= after["moderato_pending_oldest_seconds"] < 60
    assert (after["moderato_database_up"], after["moderato_redis_up"]) == (1, 1)


def test_a_request_keeps_the_id_it_came_with_unless_it_could_forge_a_log(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "proxy-0042"}).headers["X-Request-ID"] == "proxy-0042"
    forged = client.get("/healthz", headers={"X-Request-ID": 'x" , "level": "error'}).headers["X-Request-ID"]
    assert len(forged) == 32


def test_every_figure_is_explained_to_operators(client: FlaskClient) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    client.get("/healthz")
    for family in text_string_to_metric_families(client.get("/metrics").get_data(as_text=True)):
        assert family.name in text, family.name
