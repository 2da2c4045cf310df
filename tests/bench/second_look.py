"""What a second look costs a worker: `python -m tests.bench.second_look`.

Comments as readers write them, one at a time and in batches as a lease takes them: reading sentences, the second
opinion, and a site's own head on top. One thread; memory is what a worker holds with all of it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from models import shelf
from models.second_look import SecondLook
from models.site_head import fit
from moderation.checks.classifier import Scorer
from moderation.checks.second_look import SecondScorer
from tests.bench.texts import comments

SINGLE, BATCHED, BATCH = 300, 1_024, 64
DECIDED = 300
SITE = "benchmark"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--single", type=int, default=SINGLE, help="comments read one at a time")
    parser.add_argument("--batched", type=int, default=BATCHED, help=f"comments read in batches of {BATCH}")
    options = parser.parse_args()
    texts, source = comments()
    mean = statistics.mean(len(text) for text in texts)
    print(f"{len(texts):,} comments of {mean:.0f} characters on average ({source}); one thread")
    with tempfile.TemporaryDirectory() as heads:
        second = _warm(Path(heads))
        _told("second look as shipped", second, "", texts, options)
        own = _memory()
        _teach(Path(heads), texts)
        time.sleep(2.1)
        _told("with a site's own head", second, SITE, texts, options)
    print(f"memory of the process: {own:.0f} MiB at most before the head was fitted")


def _warm(heads: Path) -> SecondScorer:
    second = SecondScorer(shelf.SHIPPED, Scorer(shelf.SHIPPED, heads))
    if second.warm_up() is not None:
        raise SystemExit(second.problem)
    return second


def _teach(heads: Path, texts: Sequence[str]) -> None:
    """A head of what the looks know already: how fast it speaks does not depend on what it learnt."""
    folder, decided = heads / SITE, texts[:DECIDED]
    look = SecondLook.open(shelf.SHIPPED)
    prior = look.basis(decided).prior
    head = fit(decided, prior > np.median(prior), np.ones(len(decided)), look)
    head.manifest["version"] += "-1"
    head.save(folder / "one")
    shelf.set_candidate(folder, "one")
    shelf.promote(folder, "one", lambda where, name: where / name)


def _told(what: str, second: SecondScorer, site: str, texts: Sequence[str], options: argparse.Namespace) -> None:
    def look(some: Sequence[str]) -> None:
        vectors = second.vectors(some)
        assert vectors is not None
        second.opinions(some, vectors, [site] * len(some))

    look(texts[:BATCH])
    single = [_ms(look, [text]) for text in texts[: options.single]]
    wall, cpu = [one[0] for one in single], [one[1] for one in single]
    batches = [texts[at : at + BATCH] for at in range(0, options.batched, BATCH)]
    rate = 1000 * sum(map(len, batches)) / sum(_ms(look, batch)[1] for batch in batches)
    alone = f"{statistics.median(wall):.1f} ms (p99 {statistics.quantiles(wall, n=100)[98]:.1f})"
    print(
        f"{what}: one alone {alone}, of processor time {statistics.median(cpu):.1f}; in batches of {BATCH} "
        f"{rate:.0f} a second of processor time"
    )


def _ms(look: Callable[[Sequence[str]], None], some: Sequence[str]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    look(some)
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
