"""A newsroom in full swing, to look at every state of a page: people, decisions, reports, weeks of numbers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, update
from werkzeug.serving import make_server

from moderation import wiring as wirings
from moderation.checks.second_look import SecondScorer
from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.services import claim as claims
from moderation.services import (
    count_days,
    escalate,
    first_site,
    look_again,
    report,
    review,
    seal_log,
    search,
    seed_demo,
    sites,
    stand,
    take_note,
)
from moderation.services.precedents import PrecedentMemory
from moderation.services.review import Decide
from moderation.storage import audit, comments, desk_queries, passkeys, roles, second_readings
from moderation.storage.ids import new_id
from moderation.storage.migrate import upgrade
from moderation.storage.schema import comments as comment_rows
from moderation.storage.schema import site_days
from moderation.storage.schema import sites as site_rows
from moderation.web.app import create_app
from tests.support import busy_site
from tests.support import moderating as desk
from tests.support import settings as test_settings
from tests.support.processes import free_port

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from moderation.wiring import Wiring

DEMO = Path(__file__).parents[2] / "moderation" / "demo_data" / "comments.json"
HOUR_US = 3_600_000_000
FIGURES = {
    "rows": 104, "auc_before": 0.884, "auc_after": 0.931, "auc_gain": 0.046, "auc_gain_low": 0.012,
    "auc_gain_high": 0.081, "log_loss_gain": -0.061, "ece_before": 0.087, "ece_after": 0.041,
}  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """Ines and Tom moderate, Lena leads, Ada administers; Tom has a passkey."""

    wiring: Wiring
    ada: desk.Person
    ines: desk.Person
    tom: desk.Person
    lena: desk.Person

    def opened(self, context: BrowserContext, who: str, path: str) -> Page:
        """A page in this browser, signed in as one of them."""
        url = self.wiring.settings.public_url
        if who:
            token = getattr(self, who).token
            context.add_cookies([{"name": "desk_session", "value": token, "url": f"{url}/desk"}])
        page = context.new_page()
        page.goto(url + path.replace("{url}", url))
        page.wait_for_load_state("networkidle")
        return page


@contextmanager
def running_stage(
    folder: Path, redis_url: str, *, days: int = 28, by_meaning: bool = False
) -> Iterator[Staged]:
    """All of it on SQLite, served by this process under a name."""
    port = free_port()
    settings = test_settings.load(
        f"sqlite:///{folder / 'staged.sqlite3'}", redis_url, folder, PUBLIC_URL=f"http://localhost:{port}", DEMO="1",
        SITE_NAME="The Riverside Post", SITE_ORIGINS=f"http://localhost:{port}",
    )  # fmt: skip
    upgrade(settings.database_url)
    wiring = wirings.build(settings)
    first_site.ensure(wiring)
    seed_demo.seed(wiring)
    server = make_server("127.0.0.1", port, create_app(wiring), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stage(wiring, days=days, by_meaning=by_meaning)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        wiring.close()


def stage(wiring: Wiring, *, days: int = 28, by_meaning: bool = False) -> Staged:
    """Of the first site, which has the demonstration's comments already, and of a second one with weeks behind it.

    `by_meaning`: the second look reads the comment in focus, which takes seconds.
    """
    staged = Staged(
        wiring, desk.moderator(wiring, "Ada", role="admin"), desk.moderator(wiring, "Ines"),
        desk.moderator(wiring, "Tom"), desk.moderator(wiring, "Lena", role="lead"),
    )  # fmt: skip
    _weeks(staged, days)
    waiting = _pending(wiring, staged.ines.id)
    _decisions(staged, waiting[4:10])
    _concerns(staged, waiting[10:14])
    _one_in_focus(staged, by_meaning=by_meaning)
    _learning(staged)
    held = _pending(wiring, staged.ines.id)[1:3]
    for person, comment_id in zip((staged.tom, staged.lena), held, strict=True):
        claims.claim(wiring, person.id, comment_id)
    search.index(wiring)
    # The clock may have counted these days while nothing had happened on them.
    wiring.database.write(lambda conn: conn.execute(delete(site_days)))
    count_days.run(wiring)
    count_days.run_errors(wiring)
    _give_passkey(wiring, staged.tom.id)
    seal_log.run(wiring)
    return staged


def _weeks(staged: Staged, days: int) -> None:
    wiring, now = staged.wiring, staged.wiring.clock.now_us()
    said = [(each["name"], each["comment"]) for each in json.loads(DEMO.read_text(encoding="utf-8"))]
    site_id = sites.add_site(wiring.database, key="gazette", name="The Harbour Gazette", origins=[], now=now)
    wiring.sites.forget()
    people = [staged.ines.id, staged.tom.id, staged.lena.id]
    busy_site.fill(wiring, site_id, people, days=days, a_day=60, said=said)


def _pending(wiring: Wiring, who: str) -> list[str]:
    with wiring.database.read() as conn:
        site = desk.site(wiring)
        rows = desk_queries.page(conn, "pending", roles.scope(conn, who), limit=60)
        return [row.id for row in rows if comments.by_id(conn, row.id).site_id == site.id]  # type: ignore[union-attr]


def decide(staged: Staged, person: desk.Person, comment_id: str, verdict: State, reason: Reason | None = None) -> None:
    with staged.wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None
    review.decide(staged.wiring, Decide(person.id, comment_id, row.version, verdict, reason))


def _one_in_focus(staged: Staged, *, by_meaning: bool) -> None:
    """The comment that is read first: an answer to somebody, and much like what the team decided before."""
    policy = json.dumps({"hold_first_time_authors": True})
    changed = update(site_rows).where(site_rows.c.id == desk.site(staged.wiring).id).values(policy=policy)
    staged.wiring.database.write(lambda conn: conn.execute(changed))
    staged.wiring.sites.forget()
    wiring, minute = staged.wiring, 60_000_000
    thread, now = seed_demo.thread_url(wiring.settings), wiring.clock.now_us()
    with wiring.database.read() as conn:
        parent = desk_queries.page(conn, "approved", roles.scope(conn, staged.ines.id), limit=200)
        own = [row.id for row in parent if comments.by_id(conn, row.id).site_id == desk.site(wiring).id]  # type: ignore[union-attr]
    said = (
        ("So the mayors skip a meeting and suddenly they are heroes. What a joke, vote them out.", State.APPROVED),
        ("Everyone who votes for this garbage is a joke, and so are these people.", State.REJECTED),
        ("The mayors should enforce the law or resign. It is not complicated.", State.APPROVED),
    )
    for number, (text, verdict) in enumerate(said):
        name = ("Dana R.", "No Body", "Piet V.")[number]
        one = desk.comment(wiring, text, held=False, name=name, thread_url=thread, at=now - (30 + number) * 60 * minute)
        decide(staged, staged.tom, one, verdict, Reason.INSULT if verdict is State.REJECTED else None)
    text = (
        "So the mayors boycott one meeting and suddenly they are heroes? These people are a joke and so is everyone "
        "who votes for this garbage. Enforce the law or resign, it is not complicated."
    )
    focus = desk.comment(
        wiring, text, held=False, name="Walter K.", thread_url=thread, parent=own[-1], at=now - 14 * minute
    )
    with wiring.database.read() as conn:
        assert comments.by_id(conn, focus).state == State.PENDING  # type: ignore[union-attr]
    second = SecondScorer(wiring.settings.model_dir, wiring.scorer) if by_meaning else None
    look_again.run(wiring, [focus], PrecedentMemory(wiring, second), second)
    first = update(comment_rows).where(comment_rows.c.id == focus).values(queue_key=1)
    wiring.database.write(lambda conn: conn.execute(first))


def _decisions(staged: Staged, ids: list[str]) -> None:
    verdicts = (State.APPROVED, State.REJECTED, State.APPROVED, State.SPAM, State.REJECTED, State.APPROVED)
    for number, (comment_id, verdict) in enumerate(zip(ids, verdicts, strict=False)):
        reason = Reason.INSULT if verdict is State.REJECTED else None
        decide(staged, (staged.ines, staged.tom)[number % 2], comment_id, verdict, reason)


def _concerns(staged: Staged, ids: list[str]) -> None:
    wiring, who = staged.wiring, staged.ines.id
    with wiring.database.read() as conn:
        scope = roles.scope(conn, who)
        rows = desk_queries.page(conn, "approved", scope, limit=3)
        refused = desk_queries.page(conn, "rejected", scope, limit=2)
    said = ("This is about my neighbour, by name.", "", "Not true, and he knows it.")
    for row, text in zip(rows, said, strict=False):
        report.report(wiring, row.id, reporter=f"reader-{row.id}", reason=report.ReportReason.HATE, text=text)
    for row in refused[:1]:
        report.appeal(wiring, row.id, "I quoted what the councillor said. Those are his words, not mine.")
    for comment_id in ids[:1]:
        escalate.escalate(wiring, staged.ines.id, comment_id, "He names the driver. Is that libel?")
    for comment_id in ids[1:2]:
        note = "Wrote to us by mail as well; keep an eye."
        take_note.take_note(wiring, staged.tom.id, comment_id, note, on_author=True)
        with wiring.database.read() as conn:
            author = comments.by_id(conn, comment_id).author_id  # type: ignore[union-attr]
        stand.give(wiring, staged.lena.id, author, "always_review", reason="Two insults within a week.")


def _learning(staged: Staged) -> None:
    """As a fit leaves it behind: a head in service, one that waits, and what it doubts."""
    wiring, site, now, who = staged.wiring, desk.site(staged.wiring), staged.wiring.clock.now_us(), staged.ines.id
    shelf = wiring.settings.site_heads_dir / site.id
    shelf.mkdir(parents=True, exist_ok=True)
    (shelf / "candidate").write_text("site-8c1f3a90b2", encoding="ascii")
    (shelf / "current").write_text("site-2e77d01c4f", encoding="ascii")
    shadow = {"comments": 312, "moved": 0.041, "changed_sides": 0.062}
    with wiring.database.read() as conn:
        scope = roles.scope(conn, who)
        pages = [desk_queries.page(conn, view, scope, limit=200) for view in ("rejected", "approved")]
        decided = [
            [row.id for row in rows if comments.by_id(conn, row.id).site_id == site.id][:2]  # type: ignore[union-attr]
            for rows in pages
        ]

    def keep(conn: Any) -> None:
        for name, decisions, hours in (("site-2e77d01c4f", 118, 190), ("site-8c1f3a90b2", 312, 3)):
            details = {"candidate": name, "reasons": [], "decisions": decisions, "figures": FIGURES, "shadow": shadow}
            audit.record(
                conn, actor="system", action="head.candidate", subject=f"site:{site.id}", site_id=site.id,
                at=now - hours * HOUR_US, details=details,
            )  # fmt: skip
        audit.record(
            conn, actor=f"moderator:{staged.lena.id}", action="head.promoted", subject=f"site:{site.id}",
            site_id=site.id, at=now - 180 * HOUR_US, details={"in_service": "site-2e77d01c4f"},
        )  # fmt: skip
        second_readings.offer(conn, site.id, [*decided[0], *decided[1]], at=now)

    wiring.database.write(keep)


def _give_passkey(wiring: Wiring, moderator_id: str) -> None:
    now = wiring.clock.now_us()
    wiring.database.write(
        lambda conn: passkeys.add(
            conn, id=new_id(now), moderator_id=moderator_id, credential="c3RhZ2Vk", public_key=b"x", uses=1,
            name="My laptop", at=now - 50 * HOUR_US,
        )
    )  # fmt: skip
