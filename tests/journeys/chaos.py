"""The durability run: readers post while processes are killed, and then everything is counted.

Every second: SIGKILL of one random process with all its descendants (web, worker, clock, Redis); now and then
FLUSHALL; now and then a worker is stopped in the middle of its work and woken when another has done it.
Replies are lost on the way, and some posts are sent twice at once.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.journeys import ledger_check
from tests.journeys.cutting_proxy import cutting_proxy
from tests.journeys.ledger_check import Findings
from tests.support.processes import wait_until
from tests.support.service import ROOT, Service

WORKERS = ("worker.1", "worker.2")
ALL = ("web", "clock", "redis", *WORKERS)
SABOTAGE = Path(__file__).with_name("sabotage")
# A lease runs out after 2 s (sabotage/sitecustomize.py); on a busy machine it takes longer until somebody notices.
LONGEST_NAP_S = 30.0
TIME_TO_WRITE_S = 1.0
DRAIN_S = 30.0


@dataclass(frozen=True)
class Plan:
    """What one run does. `sabotage` names a mechanism that is taken out, as a control."""

    posts: int
    seed: int = 1
    per_second: float = 50.0
    clients: int = 4
    cut_share: float = 0.05
    sabotage: str = ""
    kill_every_s: float = 1.0
    flush_every: int = 5
    stop_every: int = 6
    spared: tuple[str, ...] = ()  # never killed, so that they are at work whenever one is to be stopped there
    drain_s: float = DRAIN_S
    give_up_s: float = 90.0
    patience_s: float = 1_200  # on a busy machine what is killed each second hardly gets to work


@dataclass
class Report:
    plan: Plan
    findings: Findings
    seconds: float
    drained_in_s: float | None
    kills: Counter[str] = field(default_factory=Counter)
    processes_killed: int = 0
    flushes: int = 0
    stopped_at_work: int = 0
    replies_cut: int = 0
    refused_late: int = 0

    @property
    def broken(self) -> dict[str, int]:
        return self.findings.broken()

    def table(self, title: str) -> str:
        found, plan, times = self.findings, self.plan, self.findings.latencies_s
        p50, p99 = (times[int(len(times) * q)] * 1000 if times else 0 for q in (0.5, 0.99))
        drained = "not in" if self.drained_in_s is None else f"{self.drained_in_s:.1f} of"
        rows = {
            "run": f"{title}, seed {plan.seed}" + (f", WITHOUT {plan.sabotage}" if plan.sabotage else ""),
            "acknowledged": f"{found.acknowledged} in {self.seconds:.0f} s ({found.attempts} attempts,"
            f" {self.replies_cut} replies cut), p50 {p50:.0f} ms, p99 {p99:.0f} ms",
            "killed": ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
            + f"; {self.processes_killed} processes",
            "provoked": f"{self.flushes} flushes, {self.stopped_at_work} workers stopped and woken too late,"
            f" {self.refused_late} late writes refused",
            "all decided": f"{drained} {plan.drain_s:g} s after the last post,"
            f" {found.counts['second_looks']} second looks",
            "lost": found.lost,
            "undecided": found.undecided,
            "decided twice": found.decided_twice,
            "duplicates": found.duplicates,
            "published undecided": found.counts["published_undecided"],
            "not a recount": found.miscounted,
            "refused, unanswered": f"{found.refused}, {found.never_acknowledged}",
        }
        return "\n".join(f"  {name:20} {value}" for name, value in rows.items())


class Chaos:
    """Breaks one thing each round until it is told to stop; counts what it broke."""

    def __init__(self, service: Service, plan: Plan, report: Report) -> None:
        self._service = service
        self._plan = plan
        self._report = report
        self._random = random.Random(plan.seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._napping: threading.Thread | None = None
        self._asleep = ""
        self._log = service.folder / "chaos.log"
        self._marks = service.folder / "at-work"

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)
        if self._napping:
            self._napping.join(2 * LONGEST_NAP_S + 5)

    def _run(self) -> None:
        number = 0
        while not self._over.wait(self._plan.kill_every_s):
            number += 1
            if number % self._plan.stop_every == 0 and not self._asleep:
                self._stop_a_worker_past_its_lease()
                continue
            if number % self._plan.flush_every == 0:
                self._flush()
            # While one worker sleeps the other lives, so that it can take the sleeper's work over.
            spared = {*self._plan.spared, *(WORKERS if self._asleep else ())}
            name = self._random.choice([name for name in ALL if name not in spared])
            self._report.processes_killed += self._service.kill(name)
            self._report.kills[name.partition(".")[0]] += 1
            self._note(f"killed {name}")

    def _note(self, what: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{time.time():.3f} {what}\n")

    def _flush(self) -> None:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self._service.redis_url) as client:
            client.flushall()
            self._report.flushes += 1

    def _stop_a_worker_past_its_lease(self) -> None:
        """Stop one in the middle of its work; wake it when another has taken that work over."""
        deadline = time.monotonic() + 3
        while not self._over.is_set() and time.monotonic() < deadline:
            for name in WORKERS:
                if self._lease_of(name):
                    self._service.kill(name, signal.SIGSTOP)
                    if lease := self._lease_of(name):
                        self._note(f"stopped {name} at work")
                        self._napping = threading.Thread(target=self._wake_late, args=(name, lease), daemon=True)
                        self._asleep = name
                        self._napping.start()
                        return
                    self._service.kill(name, signal.SIGCONT)
            time.sleep(0.002)

    def _mark(self, name: str) -> Path:
        return self._marks / str(self._service.pid(name))

    def _lease_of(self, name: str) -> str:
        """What the worker is in the middle of; empty if nothing."""
        with contextlib.suppress(FileNotFoundError):
            return self._mark(name).read_text()
        return ""

    def _wake_late(self, name: str, lease: str) -> None:
        """And let it live until it has tried to write what it knows."""
        mark = self._mark(name)
        with contextlib.suppress(TimeoutError):
            self._wait(lambda: not ledger_check.leased(self._service.database_url, lease), LONGEST_NAP_S)
            self._report.stopped_at_work += 1
        self._service.kill(name, signal.SIGCONT)
        self._note(f"woke {name}")
        with contextlib.suppress(TimeoutError):
            self._wait(lambda: not mark.exists(), LONGEST_NAP_S)
            time.sleep(TIME_TO_WRITE_S)
        self._asleep = ""

    def _wait(self, condition: Callable[[], bool], within_s: float) -> None:
        wait_until(condition, within_s=within_s, what="the next step of a nap", every_s=0.05)


def run(database_url: str, folder: Path, plan: Plan) -> Report:
    """One run over a migrated, empty database."""
    marks = folder / "at-work"
    marks.mkdir()
    service = Service(
        database_url, folder, python_path=SABOTAGE, CHAOS=str(marks), SABOTAGE=plan.sabotage, WEB_PROCESSES="2"
    )
    try:
        service.start_all("web", *WORKERS, "clock")
        if plan.sabotage == "unique-key":
            ledger_check.execute(database_url, "DROP INDEX uq_comments_idempotency")
        service.keep_alive()
        return _run(service, folder / "ledger.jsonl", plan)
    finally:
        service.stop()


def _run(service: Service, ledger: Path, plan: Plan) -> Report:
    report = Report(plan, _nothing(), 0.0, None)
    started = time.monotonic()
    with cutting_proxy(service.port, share=plan.cut_share, seed=plan.seed) as proxy:
        readers = _readers(f"http://127.0.0.1:{proxy.port}", ledger, plan)
        try:
            with Chaos(service, plan, report):
                readers.wait(timeout=plan.posts / plan.per_second + plan.patience_s)
        finally:
            readers.kill()
            readers.wait()
        report.replies_cut = proxy.cut
    report.seconds = time.monotonic() - started
    report.drained_in_s = _drain(service.database_url, plan.drain_s)
    report.findings = ledger_check.check(service.database_url, ledger)
    report.refused_late = sum(_said(service.log(name), "lease_lost", "late") for name in WORKERS)
    return report


def _readers(target: str, ledger: Path, plan: Plan) -> subprocess.Popen[bytes]:
    arguments = {
        "target": target, "posts": plan.posts, "clients": plan.clients, "seed": plan.seed,
        "per-second": plan.per_second, "give-up-s": plan.give_up_s, "ledger": ledger,
    }  # fmt: skip
    options = [f"--{name}={value}" for name, value in arguments.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.readers", *options], cwd=ROOT, stdin=subprocess.DEVNULL
    )


def _drain(database_url: str, within_s: float) -> float | None:
    started = time.monotonic()
    try:
        wait_until(lambda: not ledger_check.waiting(database_url), within_s=within_s, what="the drain")
    except TimeoutError:
        return None
    return time.monotonic() - started


def _said(log: Path, *names: str) -> int:
    """What the workers counted under these names, by their own logs."""
    lines = (line for line in log.read_text(encoding="utf-8").splitlines() if '"look_again.done"' in line)
    return sum(int(json.loads(line).get(name, 0)) for line in lines for name in names)


def _nothing() -> Findings:
    return Findings(0, 0, 0, 0, 0, 0, [], {}, intact=True)
