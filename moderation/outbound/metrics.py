"""The figures that Prometheus collects, counted where things happen and read by /metrics.

Each process counts for itself, in a file of PROMETHEUS_MULTIPROC_DIR where that is set; depths and
ages are not counted at all but read from SQL when asked (storage/gauges), so that they cannot drift.
"""

import os
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)

disable_created_metrics()  # the multiprocess files have no room for them
REGISTRY = CollectorRegistry()
_FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

INTAKE = Counter("moderato_intake", "Comments posted, by the answer given", ["answer"], registry=REGISTRY)
DECISIONS = Counter(
    "moderato_decisions", "Decisions stored, by look and outcome", ["look", "outcome"], registry=REGISTRY
)
LOOKED_AGAIN = Counter("moderato_looked_again", "Second looks, by what came of them", ["ending"], registry=REGISTRY)
SCORING = Histogram("moderato_scoring_seconds", "Time the classifier took", buckets=_FAST, registry=REGISTRY)
REQUESTS = Histogram(
    "moderato_request_seconds",
    "Time from request to answer",
    ["method", "route", "status"],
    buckets=_FAST,
    registry=REGISTRY,
)


def taken(status: int) -> None:
    """One more post, answered with this status."""
    _taken(status).inc()


def decided(look: str, outcome: str) -> None:
    """One more decision stored."""
    _decided(look, outcome).inc()


@cache
def _taken(status: int) -> Counter:
    return INTAKE.labels(str(status))


@cache
def _decided(look: str, outcome: str) -> Counter:
    return DECISIONS.labels(look, outcome)


def exposition() -> bytes:
    """Everything counted on this machine, in Prometheus's text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)
    return generate_latest(together)
