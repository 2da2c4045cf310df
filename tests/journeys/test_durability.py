"""Nothing that was acknowledged is lost, left undecided, decided twice or doubled, whatever is killed.

The controls take out one mechanism at a time and must come out red: a run that cannot fail proves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.journeys.chaos import WORKERS, Plan, Report, run

CI_POSTS, LONG_POSTS = 1_500, 10_000
# What is taken out, the promise that must then be broken, and after how many posts it surely is. Without the sweeper
# nobody takes a stopped worker's work over, so none is stopped.
CONTROLS = pytest.mark.parametrize(
    ("control", "promise"),
    [
        pytest.param(Plan(posts=300, sabotage="sweeper", stop_every=1_000_000), "undecided", id="sweeper"),
        pytest.param(
            Plan(posts=500, sabotage="compare-and-set", stop_every=2, spared=WORKERS),
            "decided twice",
            id="compare-and-set",
        ),
        pytest.param(Plan(posts=300, sabotage="unique-key"), "duplicates", id="unique-key"),
    ],
)


def _run(database_url: str, folder: Path, plan: Plan) -> Report:
    kind = "SQLite" if database_url.startswith("sqlite") else "PostgreSQL"
    report = run(database_url, folder, plan)
    print(f"\n{report.table(kind)}")
    return report


def _was_a_real_test(report: Report) -> None:
    assert report.findings.acknowledged == report.plan.posts
    assert min(report.kills[name] for name in ("web", "worker", "clock", "redis")) >= 1, "each kind was killed"
    assert report.flushes and report.replies_cut
    assert report.stopped_at_work and report.refused_late, "a late write was provoked, and refused"


@pytest.mark.timeout(600, method="signal")
def test_no_comment_is_lost_or_doubled_while_processes_are_killed(database_url: str, tmp_path: Path) -> None:
    report = _run(database_url, tmp_path, Plan(posts=CI_POSTS, per_second=50))
    assert report.broken == {}
    _was_a_real_test(report)


@pytest.mark.long
@pytest.mark.timeout(4000, method="signal")
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_ten_thousand_comments_survive_a_hundred_kills(database_url: str, tmp_path: Path, seed: int) -> None:
    report = _run(database_url, tmp_path, Plan(posts=LONG_POSTS, per_second=40, seed=seed, patience_s=3_400))
    assert report.broken == {}
    _was_a_real_test(report)
    assert report.kills.total() >= 90


@pytest.mark.timeout(300, method="signal")
@CONTROLS
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_run_turns_red_without(control: Plan, promise: str, database_url: str, tmp_path: Path) -> None:
    assert promise in _without(control, database_url, tmp_path).broken


@pytest.mark.long
@pytest.mark.timeout(600, method="signal")
@CONTROLS
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_run_turns_red_on_postgresql_without(
    control: Plan, promise: str, database_url: str, tmp_path: Path
) -> None:
    assert promise in _without(control, database_url, tmp_path).broken


def _without(control: Plan, database_url: str, folder: Path) -> Report:
    return _run(database_url, folder, replace(control, drain_s=10, give_up_s=3))
