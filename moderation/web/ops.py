"""For machines that watch: /healthz (alive), /readyz (what is degraded), /metrics (Prometheus).

Ready means that a comment can be taken. Everything else that fails is named and costs only what it
does: without Redis or workers the second look, without a model every automatic decision.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify
from redis import RedisError

from moderation.checks import second_look_installed
from moderation.outbound import metrics
from moderation.storage import gauges
from moderation.storage.database import Unavailable
from moderation.storage.gauges import Gauges
from moderation.wiring import Wiring

SILENT_S = 60
LATE_S = 120
ROOM_MIB = 256


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that does not work as it should, and what that costs."""

    what: str
    detail: str


def ops_blueprint(wiring: Wiring) -> Blueprint:
    ops = Blueprint("ops", __name__)

    @ops.get("/healthz")
    def healthz() -> Response:
        return _fresh(jsonify(status="alive"))

    @ops.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            with wiring.database.read() as conn:
                waiting = gauges.read(conn)
        except Unavailable:
            return _answer("unavailable", [Trouble("database", "away: no comment can be taken")]), 503
        troubles = list(_troubles(wiring, waiting))
        return _answer("degraded" if troubles else "ready", troubles), 200

    @ops.get("/metrics")
    def figures() -> Response:
        body = metrics.exposition() + "".join(_waiting(wiring)).encode()
        return _fresh(Response(body, content_type="text/plain; version=0.0.4; charset=utf-8"))

    return ops


def _troubles(wiring: Wiring, waiting: Gauges) -> Iterator[Trouble]:
    if not _redis_answers(wiring):
        yield Trouble("redis", "away: second looks wait for the sweeper, rate limits count in each process")
    wiring.scorer.current()
    if wiring.scorer.problem is not None:
        yield Trouble("model", "no usable classifier: every comment waits for a person")
    # What measures is heavy: a process that is never asked does without it.
    from moderation.services import watch_budgets

    for sentence in watch_budgets.troubles(wiring):
        yield Trouble("budget", sentence)
    missing = second_look_installed.what_is_missing(wiring.settings.model_dir)
    if missing is not None:
        yield Trouble("second_look", missing)
    now = wiring.clock.now_us()
    for name in ("worker", "clock"):
        beats = [at for beat, at in waiting.heartbeats.items() if beat.startswith(name)]
        if now - max(beats, default=0) > SILENT_S * 1_000_000:
            yield Trouble(name, f"no sign of life for {SILENT_S} seconds: no second looks")
    if waiting.oldest_outbox_at is not None and now - waiting.oldest_outbox_at > LATE_S * 1_000_000:
        yield Trouble("outbox", f"{waiting.outbox} second looks wait, the oldest for over {LATE_S} seconds")
    free = shutil.disk_usage(wiring.settings.data_dir).free >> 20
    if free < ROOM_MIB:
        yield Trouble("disk", f"{free} MiB left in the data folder")


def _redis_answers(wiring: Wiring) -> bool:
    try:
        return bool(wiring.redis.ping())
    except RedisError:
        return False


def _waiting(wiring: Wiring) -> Iterator[str]:
    """Depths and ages as gauges; none of them while the database is away, which `up` then says."""
    try:
        with wiring.database.read() as conn:
            waiting = gauges.read(conn)
    except Unavailable:
        yield _gauge("database_up", "Whether the database answers", 0)
        return
    now = wiring.clock.now_us()
    yield _gauge("database_up", "Whether the database answers", 1)
    yield _gauge("redis_up", "Whether Redis answers", int(_redis_answers(wiring)))
    yield _gauge("model_up", "Whether a classifier is in use", int(wiring.scorer.current() is not None))
    yield _gauge("pending", "Comments that wait for a moderator", waiting.pending)
    yield _gauge("pending_oldest_seconds", "Age of the oldest of them", _age(waiting.oldest_pending_at, now))
    yield _gauge("unscored", "Pending comments that the classifier could not score", waiting.unscored)
    yield _gauge("outbox", "Comments that wait for their second look", waiting.outbox)
    yield _gauge("outbox_oldest_seconds", "Age of the oldest of them", _age(waiting.oldest_outbox_at, now))


def _age(since: int | None, now: int) -> float:
    return 0 if since is None else max(0, now - since) / 1e6


def _gauge(name: str, meaning: str, value: float) -> str:
    return f"# HELP moderato_{name} {meaning}\n# TYPE moderato_{name} gauge\nmoderato_{name} {value:g}\n"


def _answer(status: str, troubles: list[Trouble]) -> Response:
    degraded = [{"what": trouble.what, "detail": trouble.detail} for trouble in troubles]
    return _fresh(jsonify(status=status, degraded=degraded))


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
