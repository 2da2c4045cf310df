"""Nothing that was acknowledged is lost, left undecided, decided twice or doubled, whatever is killed.

The controls take out one mechanism at a time and must come out red: a run that cannot fail proves nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.chaos import Plan, Report, run

CI_POSTS, LONG_POSTS = 1_500, 10_000


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
@pytest.mark.timeout(1800, method="signal")
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_ten_thousand_comments_survive_a_hundred_kills(database_url: str, tmp_path: Path, seed: int) -> None:
    report = _run(database_url, tmp_path, Plan(posts=LONG_POSTS, per_second=40, seed=seed))
    assert report.broken == {}
    _was_a_real_test(report)
    assert report.kills.total() >= 90


@pytest.mark.timeout(300, method="signal")
@pytest.mark.parametrize(
    ("sabotage", "promise"),
    [("sweeper", "undecided"), ("compare-and-set", "decided twice"), ("unique-key", "duplicates")],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_run_turns_red_without(sabotage: str, promise: str, database_url: str, tmp_path: Path) -> None:
    # A worker that is stopped past its lease is away for ten seconds, so provoking a late write takes its time.
    posts = 900 if sabotage == "compare-and-set" else 500
    plan = Plan(posts=posts, per_second=50, sabotage=sabotage, stop_every=3, drain_s=10, give_up_s=3)
    report = _run(database_url, tmp_path, plan)
    assert promise in report.broken


@pytest.mark.long
@pytest.mark.timeout(300, method="signal")
@pytest.mark.parametrize(
    ("sabotage", "promise"),
    [("sweeper", "undecided"), ("compare-and-set", "decided twice"), ("unique-key", "duplicates")],
)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_run_turns_red_on_postgresql_without(
    sabotage: str, promise: str, database_url: str, tmp_path: Path
) -> None:
    plan = Plan(posts=1_000, per_second=50, sabotage=sabotage, stop_every=3, drain_s=10, give_up_s=3)
    report = _run(database_url, tmp_path, plan)
    assert promise in report.broken
