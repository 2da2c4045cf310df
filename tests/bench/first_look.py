"""What the first look costs: one core, one process a row, beside a word list and a plain scikit-learn pipeline.

.venv/bin/python -m tests.bench.first_look
"""

from __future__ import annotations

import json
import lzma
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench import disk, texts
from tests.support.service import ROOT

EXCERPTS = ROOT / "tests" / "excerpts" / "comments"
MOST, BATCH, FEW = 3_000, 128, 8
ROUNDS = 3
Work = Callable[[Sequence[str]], Any]


@dataclass(frozen=True)
class Cost:
    """Milliseconds of one text alone, by the clock and of the processor; texts a second in batches, milliseconds a text
    among few; megabytes of the process."""

    p50_ms: float
    p99_ms: float
    p50_cpu_ms: float
    p99_cpu_ms: float
    few_ms: float
    per_second: float
    megabytes: float


def word_list() -> Work:
    from models.word_list import WORDS

    return lambda some: [sum(word in WORDS for word in text.lower().split()) for text in some]


def plain_sklearn() -> Work:
    """Hashed words and characters into one logistic regression: a single attribute, no interval, no marked words."""
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    lines = (EXCERPTS / "civil_comments_spans.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    features = make_union(
        HashingVectorizer(ngram_range=(1, 2), n_features=1 << 18),
        HashingVectorizer(analyzer="char", ngram_range=(2, 5), n_features=1 << 19),
    )
    pipeline = make_pipeline(features, LogisticRegression(max_iter=50))
    pipeline.fit([row["text"] for row in rows], [row["labels"]["toxic"] >= 0.5 for row in rows])
    return pipeline.predict_proba  # type: ignore[no-any-return]


def score() -> Work:
    from models.shelf import open_current

    return open_current().score


def look() -> Work:
    from models.shelf import open_current

    return open_current().look


SUBJECTS: dict[str, tuple[str, Callable[[], Work]]] = {
    "words": ("word list", word_list),
    "sklearn": ("HashingVectorizer + logistic regression, one label", plain_sklearn),
    "score": ("first look: seven attributes, p_reject, interval", score),
    "look": ("first look, whole: the same with marked words", look),
}


def cost(work: Work, comments: Sequence[str]) -> Cost:
    for text in comments[:200]:
        work([text])
    clock, processor = [], []
    for text in comments:
        began, spent = time.perf_counter(), time.process_time()
        work([text])
        processor.append((time.process_time() - spent) * 1000)
        clock.append((time.perf_counter() - began) * 1000)
    few, many = (_seconds(work, comments, size) for size in (FEW, BATCH))
    return Cost(
        *_middle_and_end(clock), *_middle_and_end(processor),
        few * 1000 / len(comments), len(comments) / many, _resident() / 1e6,
    )  # fmt: skip


def _middle_and_end(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def _seconds(work: Work, comments: Sequence[str], size: int) -> float:
    """Processor time of all in batches, the best of some rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for at in range(0, len(comments), size):
            work(comments[at : at + size])
        found.append(time.process_time() - began)
    return min(found)


def _resident() -> int:
    """Bytes of this process in memory now; where nobody says, the most there ever were."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def comments() -> tuple[list[str], str]:
    """As they are, the odd ones among them; without the shared data the excerpts."""
    if texts.SHARED.exists():
        with lzma.open(texts.SHARED, "rt", encoding="utf-8") as file:
            return [json.loads(line)["text"] for line in file][:MOST], "comment_stream_unlabelled"
    files = [path.read_text(encoding="utf-8").splitlines() for path in sorted(EXCERPTS.glob("*.jsonl"))]
    return [json.loads(line)["text"] for lines in files for line in lines][:MOST], "the excerpts of the tests"


def measured(subject: str) -> Cost:
    """In a process of its own, so that nobody else's memory counts."""
    command = [sys.executable, "-m", "tests.bench.first_look", subject]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=alone, check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def told(found: Cost) -> str:
    return (
        f"alone p50 {found.p50_ms:6.3f} p99 {found.p99_ms:6.3f} ms (processor {found.p50_cpu_ms:.3f} / "
        f"{found.p99_cpu_ms:.3f}); of {FEW} {found.few_ms:.3f} ms each; of {BATCH} {found.per_second:8,.0f}/s; "
        f"{found.megabytes:4.0f} MB"
    )


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(asdict(cost(SUBJECTS[sys.argv[1]][1](), comments()[0]))))
        return
    found, source = comments()
    print(f"{disk.machine()}; load by others {disk.load():.1f}")
    print(f"{len(found):,} comments of {source}, {statistics.mean(map(len, found)):.0f} characters each")
    for subject, (name, _) in SUBJECTS.items():
        print(f"{name:52} {told(measured(subject))}", flush=True)


if __name__ == "__main__":
    main()
