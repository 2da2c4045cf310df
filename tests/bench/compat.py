"""Perspective's analyze as its clients ask it, beside a bare Flask route under the same server, in the same run.

By itself: .venv/bin/python -m tests.bench.compat
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import load, open_loop, texts
from tests.bench.load import Measured, Request
from tests.support.databases import Databases
from tests.support.processes import answers, free_port, stop_tree, wait_until
from tests.support.service import ROOT, Service, running_service

WORKER = "tests.bench.bare.QuickWorker"
SIX = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
# As many as Jigsaw's Moderator asks for; ours are nine, so some by their other names.
SIXTEEN = (*SIX, "OBSCENE", "SPAM", "LIKELY_TO_REJECT", *(f"{name}_EXPERIMENTAL" for name in SIX), "TOXICITY_FAST")


@dataclass(frozen=True)
class Found:
    """Runs of the bare route and of ours, in turn, as fast as they answer; runs of both at half of our rate; then
    milliseconds of the long text, in order."""

    pairs: list[tuple[Measured, Measured]]
    rate: float
    at_rate: list[tuple[Measured, Measured]]
    long: list[float]


def analyze(url: str, key: str, folder: Path, comments: list[str], seconds: float, pid: int) -> Measured:
    return ask(address(url, key), analyze_bodies(comments), folder, seconds, pid)


def address(url: str, key: str) -> str:
    return f"{url}/v1alpha1/comments:analyze?key={key}"


def analyze_bodies(comments: list[str]) -> list[str]:
    return [
        json.dumps({"comment": {"text": text}, "languages": ["en"], "doNotStore": True,
                    "requestedAttributes": {name: {} for name in SIX}})
        for text in comments
    ]  # fmt: skip


def ask(url: str, bodies: list[str], folder: Path, seconds: float, pid: int) -> Measured:
    """Post the bodies in turn, from 16 connections."""
    path = "/" + url.split("/", 3)[3]
    if load.generator() == "wrk":
        file = folder / "bodies"
        file.write_text("\n".join(bodies), encoding="utf-8")
        return load.metered(pid, lambda: load.wrk("asks.lua", url, seconds, [str(file), path]), seconds)
    host = url.split("/")[2]
    made = [Request("POST", path, body, {"Content-Type": "application/json"}) for body in bodies]
    return load.metered(pid, lambda: load.python(host, seconds, lambda n: made[n % len(made)]), seconds)


def ask_at(rate: float, url: str, bodies: list[str], seconds: float, pid: int) -> Measured:
    """The same at a fixed rate, over as many connections."""
    _, _, host, path = url.split("/", 3)
    made = [open_loop.post(host, f"/{path}", body.encode()) for body in bodies]
    return load.metered(pid, lambda: open_loop.at_rate(host, rate, seconds, lambda n: made[n % len(made)]), seconds)


def long_text_ms(url: str, key: str, comments: list[str], repeats: int = 20) -> list[float]:
    """Of 20 KB in sentences, sixteen attributes and a span for each sentence, one request at a time."""
    text = " ".join(comments)[:20_000].encode("ascii", "ignore").decode()
    body = json.dumps({"comment": {"text": text}, "languages": ["en"], "spanAnnotations": True,
                       "requestedAttributes": {name: {} for name in SIXTEEN}}).encode()  # fmt: skip
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        with urllib.request.urlopen(f"{url}/v1alpha1/comments:analyze?key={key}", body) as reply:
            answer = reply.read()
        found.append((time.perf_counter() - began) * 1000)
        # Reading 190 KB of JSON is the asker's time, and a collection of this process's garbage may fall into it.
        assert len(json.loads(answer)["attributeScores"]) == len(SIXTEEN)
    return sorted(found)


@contextmanager
def bare_route(folder: Path) -> Iterator[tuple[str, int]]:
    """(address, process): gunicorn as we run it, two processes of eight threads."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.bench.bare:app", "-b", f"127.0.0.1:{port}", "-k", WORKER,
               "-w", "2", "--threads", "8", "--no-control-socket"]  # fmt: skip
    with (folder / "bare.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until(lambda: answers(port), within_s=30, what="the bare route's start")
        yield f"http://127.0.0.1:{port}/bare", process.pid
    finally:
        stop_tree(process)


def add_key(service: Service) -> str:
    return service.run("python -m moderation add-key demo --name Bench").stdout.decode().split()[-1]


def measured(databases: Databases, folder: Path, comments: list[str], seconds: float, rounds: int) -> Found:
    bare_bodies = [json.dumps({"comment": {"text": text}}) for text in comments]
    unlimited = {"RATE_LIMIT_KEYS": "100000000/minute", "LOG_LEVEL": "INFO"}
    with (
        running_service(databases.migrated("sqlite"), folder, "web", **unlimited) as service,
        bare_route(folder) as (bare_url, bare_pid),
    ):
        key, pid = add_key(service), service.pid("web")
        analyze(service.url, key, folder, comments, 1, pid)
        pairs = [
            (ask(bare_url, bare_bodies, folder, seconds, bare_pid),
             analyze(service.url, key, folder, comments, seconds, pid))
            for _ in range(rounds)
        ]  # fmt: skip
        rate = statistics.median(ours.per_second for _, ours in pairs) / 2
        bodies = analyze_bodies(comments)
        at_rate = [
            (ask_at(rate, bare_url, bare_bodies, seconds, bare_pid),
             ask_at(rate, address(service.url, key), bodies, seconds, pid))
            for _ in range(rounds)
        ]  # fmt: skip
        return Found(pairs, rate, at_rate, long_text_ms(service.url, key, comments))


def main() -> None:
    (ROOT / "reports").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="moderato-bench-", dir=ROOT / "reports") as name:
        found = measured(Databases(Path(name), lambda: None), Path(name), texts.comments()[0], 4, 3)
    for bare, ours in found.pairs:
        print(f"as fast as answered: bare {_told(bare)} | analyze {_told(ours)}")
    for bare, ours in found.at_rate:
        print(f"{found.rate:.0f} a second asked: bare {_told(bare)} | analyze {_told(ours)}")
    print(f"20 KB, 16 attributes, spans: p50 {statistics.median(found.long):.1f} ms, most {found.long[-1]:.1f} ms")


def _told(run: Measured) -> str:
    trouble = "" if run.clean else f" NOT CLEAN: {run.refused} refused, {run.errors} errors"
    return f"{run.per_second:6.0f}/s p50 {run.p50_ms:5.1f} p99 {run.p99_ms:6.1f} ms CPU {run.cpu_ms:.2f} ms{trouble}"


if __name__ == "__main__":
    main()
