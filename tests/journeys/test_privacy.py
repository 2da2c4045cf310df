"""The address of a commenter, and what a commenter wrote, stay where they belong.

A canary is posted to the real service; then every answer, log line, Redis command, Redis key and the
database's file is searched for it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
import requests

from tests.journeys import ledger_check
from tests.support.desk import Moderator
from tests.support.processes import wait_until
from tests.support.service import Service, running_service
from tests.support.settings import SITE, SITE_ORIGIN

ADDRESS = "canary.zqxj@nest.example"
WORD = "zqxjbirdsong"
NAME = "Canary Zqxjname"
THREAD = f"{SITE_ORIGIN}/canary"
GOOD = {
    "site": SITE, "thread_url": THREAD, "thread_title": "Birds", "name": NAME, "email": ADDRESS,
    "website": "https://nest.example/", "comment": f"They sing {WORD} every morning at the pond.",
}  # fmt: skip


def forms_of(secret: str) -> list[bytes]:
    """A string as it could leak: plain, quoted, encoded, or as a bare hash that anybody can guess."""
    raw = secret.encode()
    hashes = [hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256")]
    encoded = [base64.b64encode(raw[start:])[4:-4].decode() for start in range(3)]
    return [text.encode() for text in (secret, quote(secret, safe=""), raw.hex(), *hashes, *encoded)]


def found_in(haystack: bytes, secret: str) -> list[bytes]:
    return [form for form in forms_of(secret) if form in haystack]


@contextmanager
def redis_listened_to(url: str) -> Iterator[list[bytes]]:
    """Every command that anybody sends to Redis meanwhile."""
    heard: list[bytes] = []
    with redis.Redis.from_url(url) as client, client.monitor() as monitor:
        over = threading.Event()

        def listen() -> None:
            for command in monitor.listen():
                heard.append(str(command).encode())
                if over.is_set():
                    return

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            yield heard
        finally:
            over.set()
            client.ping()
            listener.join(5)


def redis_contents(url: str) -> bytes:
    """Every key with its value, as Redis itself would write it to a file."""
    with redis.Redis.from_url(url) as client:
        keys = list(client.scan_iter(count=1000))
        return b"\n".join(part for key in keys for part in (key, client.dump(key) or b"", _plain(client, key)))


def _plain(client: redis.Redis, key: bytes) -> bytes:
    kind = client.type(key)
    if kind == b"hash":
        return repr(client.hgetall(key)).encode()
    if kind == b"list":
        return repr(client.lrange(key, 0, -1)).encode()
    return repr(client.get(key)).encode() if kind == b"string" else b""


def _post_in_every_way(url: str) -> list[requests.Response]:
    """Good, refused and broken: each answer must be as silent as the others."""
    api, page = f"{url}/api/v1/comments", f"{url}/comments"
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Connection"] = "close"  # after a 413 the server closes without saying so
        key = {"Idempotency-Key": "canary-1"}
        good = session.post(api, json=GOOD, headers=key)
        again = [
            session.post(api, json=GOOD, headers=key),
            session.post(api, json=GOOD),
            session.post(api, json={**GOOD, "comment": f"Another {WORD}"}, headers=key),
            session.post(api, data={**GOOD, "comment": f"A form with {WORD}"}),
            session.post(page, data={**GOOD, "comment": f"A page with {WORD}"}),
            session.post(api, json={**GOOD, "comment": ""}),
            session.post(api, json={**GOOD, "name": "", "website": "::"}),
            session.post(api, json={**GOOD, "site": "nowhere"}),
            session.post(api, json={**GOOD, "parent": "x"}),
            session.post(api, json={**GOOD, "email": f"{ADDRESS} twice"}),
            session.post(api, json=[GOOD]),
            session.post(api, data=json.dumps(GOOD)[:-1], headers={"Content-Type": "application/json"}),
            session.post(api, data=json.dumps(GOOD), headers={"Content-Type": "text/plain"}),
            session.post(api, json={**GOOD, "comment": WORD * 10_000}),
            session.post(api, json=GOOD, headers={"Origin": "https://other.example"}),
            session.post(
                api, json=GOOD, headers={"User-Agent": ADDRESS, "Referer": f"https://a.example/?{ADDRESS}"}
            ),
            session.get(api, params={"email": ADDRESS}),
            session.put(api, json=GOOD),
            session.post(f"{url}/no/such/{ADDRESS}", json=GOOD),
        ]
    assert good.status_code in (200, 201, 202), good.text
    return [good, *again]


def _read_everywhere(service: Service, status_url: str) -> list[requests.Response]:
    """The public pages, and the desk as a viewer and as a moderator see it."""
    public = [
        f"/api/v1/threads?site={SITE}&url={quote(THREAD, safe='')}",
        f"/api/v1/form?site={SITE}&url={quote(THREAD, safe='')}",
        f"/comments?site={SITE}&url={quote(THREAD, safe='')}",
        status_url.removeprefix(service.url), "/embed.js", "/metrics", "/healthz", "/readyz", "/openapi.json",
        f"/api/v1/threads?site={SITE}&url={ADDRESS}", f"/status/{ADDRESS}",
    ]  # fmt: skip
    replies = []
    with requests.Session() as nobody:
        nobody.trust_env = False
        replies += [nobody.get(service.url + path) for path in public]
    for name, role in (("Vera", "viewer"), ("Mo", "moderator")):
        somebody = Moderator(service, name, role)
        views = ("pending", "approved", "rejected", "spam", "unscored", "counts.json")
        replies += [somebody.get(path) for path in (*public, *(f"/desk/{view}" for view in views))]
        somebody.close()
    return replies


@pytest.mark.timeout(180, method="signal")
def test_an_address_leaves_no_trace_outside_its_sealed_column(database_url: str, tmp_path: Path) -> None:
    with running_service(database_url, tmp_path) as service, redis_listened_to(service.redis_url) as commands:
        posts = _post_in_every_way(service.url)
        _second_looks_were_tried(service)
        reads = _read_everywhere(service, posts[0].json()["status_url"])
        in_redis = redis_contents(service.redis_url)
    logs = b"".join(service.log(name).read_bytes() for name in ("web", "worker", "clock", "redis"))
    for reply in (*posts, *reads):
        told = found_in(_without_echoes(reply), ADDRESS)
        assert not told, (reply.request.method, reply.url, reply.status_code, told)
    answers = b"".join(reply.content for reply in (*posts, *reads))

    assert NAME.encode() in answers and WORD.encode() in answers, "the grep does find what is shown"
    assert len(commands) > 20, "Redis was really used"
    assert b'"look_again' in logs or b"look_again" in logs, "the workers really logged"
    places = {"logs": logs, "redis keys": in_redis, "redis commands": b"\n".join(commands),
              "database": _database_bytes(database_url)}  # fmt: skip
    assert {place: found for place, text in places.items() if (found := found_in(text, ADDRESS))} == {}
    for place in ("logs", "redis keys", "redis commands"):
        assert WORD.encode() not in places[place], f"what people wrote is in {place}"
        assert NAME.encode() not in places[place], f"a commenter's name is in {place}"


def _second_looks_were_tried(service: Service) -> None:
    def looked() -> bool:
        return b"look_again" in service.log("worker").read_bytes()

    wait_until(looked, within_s=30, what="a second look")


def _without_echoes(reply: requests.Response) -> bytes:
    """What somebody typed comes back to them alone, in the field where they typed it, when a form is refused."""
    body = reply.content
    if reply.status_code in (400, 403, 409, 422) and reply.request.method == "POST":
        echo = f'value="{ADDRESS}"'.encode()
        if echo in body:
            assert "no-store" in reply.headers["Cache-Control"]
        return body.replace(echo, b"")
    return body


def _database_bytes(url: str) -> bytes:
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        return b"".join(Path(path + end).read_bytes() for end in ("", "-wal") if Path(path + end).exists())
    with ledger_check.rows_of(url) as rows:
        tables = [row[0] for row in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return "\n".join(str(rows(f'SELECT * FROM "{table}"')) for table in tables).encode()
