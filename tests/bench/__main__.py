"""`make bench`: our figures beside Isso's, in one run on one machine; about fifteen minutes.

ARGS="--quick" takes three; --sizes 1000,100000 leaves the million out; --postgresql adds that database.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.bench import breakdown, bulk, compat, decision, disk, load, texts
from tests.bench.isso import VERSION, Isso, running_isso
from tests.bench.load import Measured, Posts
from tests.bench.moderato import a_thread_of_twenty, running_moderato
from tests.journeys import ledger_check
from tests.support import settings
from tests.support.databases import Databases
from tests.support.postgres import running_postgres
from tests.support.redis import running_redis
from tests.support.service import ROOT

DURABLE = ("synchronous_commit=on", "fsync=on")


class Report:
    """What was measured, printed as it comes and kept in reports/bench.json."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}

    def say(self, name: str, value: Any, shown: str | None = None) -> None:
        self.rows[name] = value
        print(f"  {name:46} {shown if shown is not None else value}", flush=True)

    def rate(self, name: str, runs: list[Measured]) -> float:
        """The median run, with the spread of all."""
        rates = sorted(run.per_second for run in runs)
        middle = statistics.median_low(rates)
        run = next(run for run in runs if run.per_second == middle)
        trouble = "" if run.clean else f"  NOT CLEAN: {run.refused} refused, {run.errors} errors"
        self.say(
            name,
            {"per_second": middle, "p50_ms": run.p50_ms, "p99_ms": run.p99_ms, "cpu_ms": run.cpu_ms, "all": rates},
            f"{middle:8.0f}/s  p50 {run.p50_ms:6.1f} ms  p99 {run.p99_ms:6.1f} ms  CPU {run.cpu_ms:.2f} ms"
            f"  ({rates[0]:.0f} to {rates[-1]:.0f} in {len(rates)} runs){trouble}",
        )
        return middle

    def save(self) -> None:
        folder = ROOT / "reports"
        folder.mkdir(exist_ok=True)
        (folder / "bench.json").write_text(json.dumps(self.rows, indent=1), encoding="utf-8")


class Bench:
    def __init__(self, options: argparse.Namespace, folder: Path, databases: Databases) -> None:
        self._options = options
        self._folder = folder
        self._databases = databases
        self._report = Report()
        self._texts, self._source = texts.comments()
        self._file = texts.escaped(self._texts, folder / "texts")

    def run(self) -> None:
        self._conditions()
        self._decision()
        self._beside_isso()
        self._as_perspective()
        for kind in ("sqlite", "postgresql") if self._options.postgresql else ("sqlite",):
            self._as_it_grows(kind)
        self._report.save()

    def _conditions(self) -> None:
        p50, p99 = disk.fsync_ms(self._folder)
        self._report.say("machine", disk.machine())
        self._report.say("load by others at the start", round(disk.load(), 2))
        self._report.say("fdatasync of 4 KiB", {"p50": p50, "p99": p99}, f"p50 {p50:.2f} ms, p99 {p99:.2f} ms")
        self._report.say("load generator", f"{load.generator()}, {load.CONNECTIONS} connections, same machine")
        self._report.say("comments", self._source)

    def _decision(self) -> None:
        from config.log_setup import set_up_logs
        from moderation import wiring
        from moderation.web.app import create_app

        url = self._databases.migrated("sqlite")
        with running_redis() as redis_url:
            chosen = settings.load(url, redis_url, self._folder / "decision", LOG_LEVEL="WARNING")
            set_up_logs(chosen)
            built = wiring.build(chosen)
            p50, p99 = decision.decision_ms(built, self._texts)
            self._report.say(
                "decision (normalise, checks, score, policy)",
                {"p50": p50, "p99": p99},
                f"p50 {p50:.3f} ms, p99 {p99:.3f} ms",
            )
            spent = breakdown.stages(built, create_app(built), self._texts)
            built.close()
        total = sum(spent.values())
        self._report.say("one request, alone, in process", total, f"{total:.2f} ms, of which")
        for name, each in sorted(spent.items(), key=lambda item: -item[1]):
            self._report.say(f"    {name}", each, f"{each:6.2f} ms  {each / total:4.0%}")

    def _beside_isso(self) -> None:
        ours_url = self._loaded("sqlite", 1000, first=0, url=None)
        with running_isso(self._made("isso")) as isso:
            Posts("isso", isso.new, self._file).run(1)
            isso.approve("/read", self._texts[:20])
            self._report.say("durability of Isso", isso.durability())
            self._report.say("durability of Moderato", "SQLite, journal_mode=wal, synchronous=FULL")
            with running_moderato(ours_url, self._made("ours"), self._file, "web") as ours:
                ours.post(1)
                before = ours.stored()
                pairs = [(self._isso_post(isso), ours.post(self._options.seconds)) for _ in self._rounds()]
                reads = [(self._isso_read(isso), ours.read(self._options.seconds)) for _ in self._rounds()]
                self._compare("post", "Isso POST /new", "Moderato POST /api/v1/comments", pairs)
                self._report.say("    stored meanwhile", ours.stored() - before)
                self._compare("read", "Isso GET / (20 comments)", "Moderato GET /api/v1/threads (20)", reads)
        with running_moderato(ours_url, self._made("all"), self._file) as everything:
            everything.post(1)
            runs = [everything.post(self._options.seconds) for _ in self._rounds()]
        self._report.rate("the same, with worker and clock at work", runs)

    def _as_perspective(self) -> None:
        found = compat.measured(
            self._databases, self._made("compat"), self._texts, self._options.seconds, self._options.rounds
        )
        bare = self._report.rate("a bare Flask route, JSON in and out", [pair[0] for pair in found.pairs])
        ours = self._report.rate("Perspective's analyze, six attributes", [pair[1] for pair in found.pairs])
        self._report.say("    of the bare route's rate", ours / bare, f"{ours / bare:.0%}")
        self._report.say("    asked for at a fixed rate", found.rate, f"{found.rate:.0f} a second, half of the above")
        self._report.rate("    the bare route, at that rate", [pair[0] for pair in found.at_rate])
        self._report.rate("    Perspective's analyze, at that rate", [pair[1] for pair in found.at_rate])
        p50, most = statistics.median(found.long), found.long[-1]
        self._report.say("    20 KB, 16 attributes, spans", {"p50": p50, "most": most}, f"{p50:.1f} to {most:.1f} ms")

    def _compare(self, what: str, peer: str, own: str, pairs: list[tuple[Measured, Measured]]) -> None:
        theirs = self._report.rate(f"{peer} ({VERSION})", [pair[0] for pair in pairs])
        ours = self._report.rate(own, [pair[1] for pair in pairs])
        cpu = statistics.median(pair[0].cpu_ms / max(pair[1].cpu_ms, 1e-9) for pair in pairs)
        ratios = sorted(pair[1].per_second / pair[0].per_second for pair in pairs)
        spread = f"{ours / theirs:.1f}x  ({ratios[0]:.1f} to {ratios[-1]:.1f}); by CPU a request {cpu:.1f}x"
        self._report.say(f"ratio of {what}s", ours / theirs, spread)

    def _isso_post(self, isso: Isso) -> Measured:
        posts, seconds = Posts("isso", isso.new, self._file), self._options.seconds
        return load.metered(isso.pid, lambda: posts.run(seconds), seconds)

    def _isso_read(self, isso: Isso) -> Measured:
        seconds = self._options.seconds
        return load.metered(isso.pid, lambda: load.read(isso.thread("/read"), seconds), seconds)

    def _as_it_grows(self, kind: str) -> None:
        url, stored, first = None, 0, None
        for size in self._options.sizes:
            url = self._loaded(kind, size, first=stored, url=url)
            stored = size
            with running_moderato(url, self._made(f"{kind}-{size}"), self._file, "web") as ours:
                ours.post(1), ours.read(1)
                posts = self._report.rate(
                    f"{kind}, {size:,} stored: posts", [ours.post(self._options.seconds) for _ in self._rounds()]
                )
                reads = self._report.rate(
                    f"{kind}, {size:,} stored: reads", [ours.read(self._options.seconds) for _ in self._rounds()]
                )
            first = first or (posts, reads)
            self._report.say(
                f"    against {self._options.sizes[0]:,} stored",
                (posts / first[0], reads / first[1]),
                f"posts {posts / first[0]:.0%}, reads {reads / first[1]:.0%}",
            )

    def _loaded(self, kind: str, size: int, *, first: int, url: str | None) -> str:
        url = url or self._databases.migrated(kind)
        with ledger_check.rows_of(url) as rows:
            site_id = rows("SELECT id FROM sites")[0][0]
        bulk.load(url, site_id, self._texts, size, first=first)
        a_thread_of_twenty(url, site_id, self._texts)
        return url

    def _rounds(self) -> range:
        return range(self._options.rounds)

    def _made(self, name: str) -> Path:
        made = self._folder / name
        made.mkdir()
        return made


@contextmanager
def _place(postgresql: bool) -> Iterator[tuple[Path, Databases]]:
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="moderato-bench-", dir=ROOT / "reports"))
        )
        databases = Databases(folder, lambda: stack.enter_context(running_postgres(DURABLE)))
        yield folder, databases
        if postgresql:
            databases.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=lambda text: [int(each) for each in text.split(",")])
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    options.sizes = options.sizes or [1_000, 100_000, 1_000_000]
    if options.quick:
        options.seconds, options.rounds, options.sizes = 3.0, 3, options.sizes[:2]
    (ROOT / "reports").mkdir(exist_ok=True)
    with _place(options.postgresql) as (folder, databases):
        Bench(options, folder, databases).run()


if __name__ == "__main__":
    main()
