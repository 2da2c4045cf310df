"""Load at 16 connections: wrk where it is on PATH, otherwise a small Python generator.

The generator shares the machine with what it measures, in both services' rows alike. wrk costs little;
the Python one costs about as much as the services, so its figures are lower bounds.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.processes import cpu_seconds

CONNECTIONS = 16
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measured:
    """One run: 2xx and 3xx replies a second, latency, and what went wrong."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    errors: int
    cpu_ms: float = 0.0  # of the service, a request; what other programs do at the time does not change it

    @property
    def clean(self) -> bool:
        return not (self.refused or self.errors)


def metered(pid: int, run: Callable[[], Measured], seconds: float) -> Measured:
    """A run with the CPU that the service of this process spent on each request."""
    before = cpu_seconds(pid)
    measured = run()
    spent = cpu_seconds(pid) - before
    return replace(measured, cpu_ms=spent * 1000 / max(1.0, measured.per_second * seconds))


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "python"


@dataclass(frozen=True)
class Posts:
    """Comments for one of the two services, each different."""

    kind: str
    url: str  # for Isso the number of the article is appended
    texts: Path  # one a line, escaped for JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    form_token: str = ""

    def run(self, seconds: float) -> Measured:
        parts = urlsplit(self.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if generator() == "wrk":
            arguments = [self.kind, str(self.texts), path, *_lines(self.headers)]
            return wrk("comments.lua", self.url, seconds, arguments, FORM_TOKEN=self.form_token)
        texts = self.texts.read_text(encoding="utf-8").splitlines()
        return python(parts.netloc, seconds, lambda n: self._request(path, texts, n))

    def _request(self, path: str, texts: list[str], n: int) -> Request:
        reader, text = (n * 7) % 9973, f"{texts[n % len(texts)]} {n}"
        email, website = f"reader{reader}@example.org", f"https://reader{reader}.example.org/"
        common = f'"email":"{email}","website":"{website}"'
        headers = {"Content-Type": "application/json", **self.headers}
        if self.kind == "isso":
            body = f'{{"author":"Reader {reader}",{common},"text":"{text}","title":"Article"}}'
            return Request("POST", f"{path}{n % 50}", body, headers)
        headers["Idempotency-Key"] = f"{os.getpid()}-{time.monotonic_ns()}-{n}"
        body = (
            f'{{"site":"demo","thread_url":"http://news.test/article/{n % 50}","thread_title":"Article",'
            f'"name":"Reader {reader}",{common},"comment":"{text}","form_token":"{self.form_token}"}}'
        )
        return Request("POST", path, body, headers)


def read(url: str, seconds: float, headers: Mapping[str, str] | None = None) -> Measured:
    """Ask for one address again and again."""
    if generator() == "wrk":
        return wrk("reads.lua", url, seconds, _lines(headers or {}))
    parts = urlsplit(url)
    request = Request("GET", f"{parts.path}?{parts.query}", "", dict(headers or {}))
    return python(parts.netloc, seconds, lambda _: request)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: str
    headers: Mapping[str, str]


def _lines(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]


def wrk(script: str, url: str, seconds: float, arguments: list[str], **environment: str) -> Measured:
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", str(HERE / script)]
    output = subprocess.run(
        ["wrk", *options, url, "--", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    ).stdout
    said = json.loads(next(line for line in output.splitlines() if line.startswith("JSON "))[5:])
    return Measured(
        said["accepted"] / said["seconds"], said["p50_ms"], said["p99_ms"], said["refused"], said["errors"]
    )


def python(host: str, seconds: float, request: Callable[[int], Request]) -> Measured:
    times: list[float] = []
    refused, errors = [0], [0]
    ends_at = time.monotonic() + seconds

    def one_connection(first: int) -> None:
        connection, n = http.client.HTTPConnection(host, timeout=10), first
        while time.monotonic() < ends_at:
            made, started = request(n), time.perf_counter()
            n += CONNECTIONS
            try:
                connection.request(made.method, made.path, made.body or None, dict(made.headers))
                reply = connection.getresponse()
                reply.read()
            except (OSError, http.client.HTTPException):
                errors[0] += 1
                connection.close()
                continue
            times.append((time.perf_counter() - started) * 1000)
            refused[0] += reply.status >= 400
        connection.close()

    threads = [threading.Thread(target=one_connection, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(times, n=100)
    return Measured((len(times) - refused[0]) / seconds, cuts[49], cuts[98], refused[0], errors[0])
