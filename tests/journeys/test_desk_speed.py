"""How quick the desk is with a full archive: what a moderator feels, what a view costs, whether its counts are right.

Measured, so `long`. Filling a million comments takes minutes; `tests/support/archive.py` says how to keep them.
"""

from __future__ import annotations

import random
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import distinct, func, select

from moderation import wiring as wiring_module
from moderation.domain.comment import Look, State
from moderation.services import review, search, tally
from moderation.services.review import Decide
from moderation.storage import desk_queries, view_counts
from moderation.storage.desk_queries import ASKED, AUDIT, DECIDED_VIEWS, VIEWS
from moderation.storage.narrowing import EVERYTHING
from moderation.storage.schema import comments, concerns, decisions
from moderation.web.app import create_app
from moderation.web.desk import page
from tests.journeys.test_desk_journey import address, open_desk, stored  # noqa: F401
from tests.journeys.test_desk_whole import wait_until, wait_until_ahead
from tests.support import moderating as desk
from tests.support import settings as test_settings
from tests.support.archive import archive
from tests.support.databases import Databases

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from playwright.sync_api import Page
    from sqlalchemy import Connection

    from moderation.wiring import Wiring

pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]
ARCHIVES = pytest.mark.parametrize(("kind", "count"), [("sqlite", 200_000), ("postgresql", 1_000_000)])
TIMES, MOST_MS, SAMPLES, DECIDED = 40, 300, 100, 60
PATHS = [f"/desk/{view}" for view in VIEWS] + [
    "/desk/search", "/desk/search?q=depot+clown&state=approved", "/desk/search?q=the", "/desk/search?q=a",
    "/desk/search?state=pending&low=40&high=60", "/desk/search?low=99.9", "/desk/search?language=fi",
    "/desk/search?section=sport&state=approved", "/desk/search?since=2026-03-01&until=2026-03-05",
    "/desk/pending?low=40&high=42", "/desk/rejected?low=99.95", "/desk/approved?language=fi",
    "/desk/bulk?low=99&verdict=reject", "/desk/counts.json?view=pending", "/desk/numbers",
    "/desk/learning", "/desk/policy", "/desk/log", "/desk/people", "/desk/connect", "/desk/account", "/desk/settings",
]  # fmt: skip
# From the key to the next comment in the document, then until it is painted.
WATCH = """() => {
  window.took = [];
  let pressed = 0;
  document.addEventListener('keydown', () => { pressed = performance.now(); }, true);
  new MutationObserver(() => {
    const from = pressed;
    if (!from) return;
    pressed = 0;
    requestAnimationFrame(() => { setTimeout(() => window.took.push(performance.now() - from)); });
  }).observe(document.querySelector('.columns'), {childList: true});
}"""


@contextmanager
def full(handed_out: Databases, kind: str, count: int, redis_url: str, folder: Path) -> Iterator[Wiring]:
    """The service in process over a full archive, as the clock leaves it."""
    with archive(handed_out, kind, count) as url:
        built = wiring_module.build(test_settings.load(url, redis_url, folder))
        try:
            while search.index(built):
                pass
            tally.run(built)
            yield built
        finally:
            built.close()


def p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


@ARCHIVES
def test_every_view_opens_quickly(
    new_databases: Databases, kind: str, count: int, redis_url: str, tmp_path: Path
) -> None:
    with full(new_databases, kind, count, redis_url, tmp_path) as wiring:
        client, slow = create_app(wiring).test_client(), []
        desk.signed_in(client, desk.moderator(wiring, f"Ines{time.time_ns()}", "admin"))
        for path in PATHS:
            first, (took, cpu) = _opened(client, path, 1)[0][0], _opened(client, path, TIMES)
            times = f"p50 {statistics.median(took):4.0f} p95 {p95(took):4.0f} ms, CPU {cpu:3.0f}, first {first:4.0f}"
            print(f"{kind} {count:9,} {path:50} {times}")
            if p95(took) > MOST_MS:
                slow.append(path)
        _goes_by_indexes(wiring)
        assert not slow


def _opened(client: FlaskClient, path: str, times: int) -> tuple[list[float], float]:
    """Milliseconds of each, with the counts made anew; and of CPU on average."""
    took, began_cpu = [], time.process_time()
    for _ in range(times):
        page.count_anew()
        began = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, path
    return took, (time.process_time() - began_cpu) / times * 1000


def _goes_by_indexes(wiring: Wiring) -> None:
    """Each view, and all that is counted one by one."""
    site_id = desk.site(wiring).id
    parts = {
        view: desk_queries.chosen(view, site_id, EVERYTHING).order_by(desk_queries._order(view)).limit(25)
        for view in VIEWS
    }
    for part, asked in [*parts.items(), ("counts", view_counts._looked_up().params(site_id=site_id))]:
        with wiring.database.read() as conn:
            compiled = asked.compile(conn.engine, compile_kwargs={"literal_binds": True})
            explain = "EXPLAIN QUERY PLAN" if wiring.database.is_sqlite else "EXPLAIN"
            plan = [str(row[-1]) for row in conn.exec_driver_sql(f"{explain} {compiled}")]
        index = "ix_concerns_open" if part in ASKED else "ix_comments_audit" if part == AUDIT else "ix_comments_"
        assert any(index in step for step in plan), (part, plan)
        scans = [step for step in plan if "Seq Scan on comments" in step or step.startswith("SCAN comments")]
        assert not scans, (part, plan)
        print(f"{part}: {', '.join(sorted(set(re.findall('ix_[a-z_]+', ' '.join(plan)))))}")


@ARCHIVES
def test_counts_equal_a_recount_while_people_decide(
    new_databases: Databases, kind: str, count: int, redis_url: str, tmp_path: Path
) -> None:
    with full(new_databases, kind, count, redis_url, tmp_path) as wiring:
        site_id, who = desk.site(wiring).id, desk.moderator(wiring, f"Ines{time.time_ns()}").id
        done, changed = threading.Event(), [0, 0]

        def works(which: int) -> None:
            while not done.is_set():
                changed[which] += _one_change(wiring, who, site_id, random.Random())

        threads = [threading.Thread(target=works, args=(which,)) for which in range(len(changed))]
        for each in threads:
            each.start()
        differing = []
        try:
            for _ in range(SAMPLES):
                with wiring.database.snapshot() as conn:
                    told, right = view_counts.counts(conn, [site_id]), _recount(conn, site_id)
                differing += [(view, told[view], right[view]) for view in right if not _same(told[view], right[view])]
                tally.run(wiring)
        finally:
            done.set()
            for each in threads:
                each.join()
        print(f"\n{kind} {count:,}: {SAMPLES} samples while {sum(changed)} comments changed; {len(differing)} differ")
        assert not differing and min(changed) > 0 and tally.check(wiring) == 0


def _one_change(wiring: Wiring, who: str, site_id: str, dice: random.Random) -> int:
    """Somebody posts, or decides an old comment, or takes a decision back."""
    if dice.random() < 0.3:
        desk.comment(wiring, f"The mayor is a clown, {dice.random()}.", name=f"Reader{dice.randrange(10**6)} X")
        return 1
    with wiring.database.read() as conn:
        state = dice.choice([State.PENDING, State.APPROVED, State.SPAM])
        mine = (comments.c.site_id == site_id, comments.c.state == state)
        row = conn.execute(
            select(comments.c.id, comments.c.version).where(*mine).order_by(comments.c.queue_key)
            .offset(dice.randrange(200)).limit(1)
        ).one_or_none()  # fmt: skip
    if row is None:
        return 0
    made = review.decide(wiring, Decide(who, row.id, row.version, dice.choice([State.REJECTED, State.APPROVED])))
    if isinstance(made, review.Decided) and dice.random() < 0.5:
        review.undo(wiring, who, made.decision_id)
    return 1


def _recount(conn: Connection, site_id: str) -> dict[str, int]:
    """From the rows alone, one by one."""
    mine = comments.c.site_id == site_id
    by_state = dict(conn.execute(
        select(comments.c.state, func.count()).where(mine).group_by(comments.c.state)
    ).all())  # type: ignore[arg-type]  # fmt: skip

    def asked(kind: str, *more: Any) -> int:
        joined = concerns.join(comments, comments.c.id == concerns.c.comment_id)
        standing = comments.c.state.in_(("pending", *DECIDED_VIEWS))
        found = select(func.count(distinct(concerns.c.comment_id))).select_from(joined)
        return int(conn.execute(
            found.where(mine, concerns.c.kind == kind, concerns.c.settled_at.is_(None), standing, *more)
        ).scalar_one())  # fmt: skip

    found = {view: by_state.get(view, 0) for view in DECIDED_VIEWS}
    found |= {view: asked(kind) for view, kind in ASKED.items()}
    found["pending"] = by_state.get("pending", 0) - asked("escalation", comments.c.state == "pending")
    undone = select(decisions.c.undoes).where(decisions.c.look == Look.UNDO)
    seen = select(decisions.c.comment_id).where(
        decisions.c.site_id == site_id, decisions.c.look == Look.MODERATOR, decisions.c.id.not_in(undone)
    )
    drawn = select(func.count()).where(
        mine, comments.c.audit_drawn, comments.c.state.in_(DECIDED_VIEWS), comments.c.id.not_in(seen)
    )
    found[AUDIT] = int(conn.execute(drawn).scalar_one())
    return found


def _same(told: view_counts.Waiting, right: int) -> bool:
    return told.count <= right if told.more else told.count == right


@pytest.fixture
def database_url(new_databases: Databases) -> Iterator[str]:
    """For the browser: the archive on SQLite, which the fixtures of the journeys then open."""
    with archive(new_databases, "sqlite", 200_000) as url:
        yield url


@pytest.fixture
def ines(wiring: Wiring) -> desk.Person:
    """Of this run: those of the runs before stay in a kept archive."""
    return desk.moderator(wiring, f"Ines{time.time_ns()}")


@pytest.mark.browser
def test_a_scripted_moderator_waits_for_nothing(
    wiring: Wiring, open_desk: Callable[..., Page]  # noqa: F811
) -> None:
    tally.run(wiring)
    page = open_desk()
    page.evaluate(WATCH)
    began = time.perf_counter()
    for _ in range(DECIDED):
        wait_until_ahead(page)
        before, known = page.get_attribute("#reading", "data-comment"), page.evaluate("window.took.length")
        wait_until(page, "import('/static/desk/reading.js').then((r) => r.shownFor() > 255)")
        page.keyboard.press("a")
        page.wait_for_function("known => window.took.length > known", arg=known)
        assert page.get_attribute("#reading", "data-comment") != before
    an_hour = DECIDED / (time.perf_counter() - began) * 3600
    took = page.evaluate("window.took")
    print(f"\n{an_hour:,.0f} comments an hour; key to next comment p50 {statistics.median(took):.0f} ms,"
          f" p95 {p95(took):.0f} ms, over {len(took)}, 200,000 comments on SQLite")
    assert an_hour >= 600 and p95(took) <= 50
