"""What this disk's promise costs: the time of one fdatasync after a 4 KiB write, and which machine it is."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from pathlib import Path


def fsync_ms(folder: Path, rounds: int = 300) -> tuple[float, float]:
    """(p50, p99) in milliseconds."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(rounds):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def machine() -> str:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{cpus} cores, {_processor()}, {system}"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def load() -> float:
    """How busy the machine is by others, so that a figure taken on a busy one can be told."""
    return os.getloadavg()[0]
