"""An alarm where the scores of what comes in spread otherwise than before, once, and not for another model's scores."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sqlalchemy import select

from moderation.services import watch_scores
from moderation.storage import audit
from moderation.storage.ids import new_id
from moderation.storage.schema import audit_events, authors, comments, threads
from moderation.wiring import Wiring
from tests.support import moderating as desk
from tests.support.busy_site import DAY_US, Writer

A_WEEK = 600


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def arrive(wiring: Wiring, site_id: str, scores: np.ndarray, *, days_ago: float) -> None:
    out, at = Writer(), wiring.clock.now_us() - int(days_ago * DAY_US)
    thread, author = new_id(at), new_id(at)
    out.add(threads, id=thread, site_id=site_id, url=f"http://news.test/{days_ago}", title="A page", open=True,
            approved=0, version=1, created_at=at)  # fmt: skip
    out.add(authors, id=author, site_id=site_id, email_digest=f"d{days_ago}", email_sealed="x", standing="normal",
            approved=0, rejected=0, spam=0, posted=1, burst_started_at=1, burst=1, created_at=1)  # fmt: skip
    for number, score in enumerate(scores.tolist()):
        out.add(comments, id=new_id(at + number), site_id=site_id, thread_id=thread, author_id=author, depth=0,
                revision=1, version=1, state="pending", band="review", p_reject=score, p_low=score, p_high=score,
                queue_key=at, text_digest=number, address_digest="x", audit_drawn=False, created_at=at + number,
                decided_at=None)  # fmt: skip
    out.write(wiring)


def drifts(wiring: Wiring) -> list[dict[str, float]]:
    with wiring.database.read() as conn:
        found = conn.execute(select(audit_events.c.details).where(audit_events.c.action == watch_scores.ACTION))
        return [json.loads(details) for details in found.scalars()]


def test_scores_that_spread_otherwise_give_alarm_once(wiring: Wiring) -> None:
    site, lot = desk.site(wiring), np.random.default_rng(1)
    arrive(wiring, site.id, lot.beta(0.4, 3, A_WEEK), days_ago=20)
    assert watch_scores.run(wiring) == 0  # nothing of late to compare
    arrive(wiring, site.id, lot.beta(0.4, 3, A_WEEK), days_ago=3)
    assert watch_scores.run(wiring) == 0
    arrive(wiring, site.id, lot.beta(3, 3, A_WEEK), days_ago=2)
    assert watch_scores.run(wiring) == 1
    assert [one["stability_index"] > 0.25 for one in drifts(wiring)] == [True]
    assert watch_scores.run(wiring) == 0


@pytest.mark.parametrize("action", ["head.promoted", "model.rolled_back"])
def test_another_models_scores_are_not_compared(wiring: Wiring, action: str) -> None:
    site, lot, now = desk.site(wiring), np.random.default_rng(2), wiring.clock.now_us()
    arrive(wiring, site.id, lot.beta(0.4, 3, A_WEEK), days_ago=20)
    arrive(wiring, site.id, lot.beta(3, 3, A_WEEK), days_ago=2)
    whose = site.id if action.startswith("head") else None
    wiring.database.write(
        lambda conn: audit.record(
            conn, actor="x", action=action, subject=f"site:{site.id}" if whose else "model:m", site_id=whose,
            at=now - 10 * DAY_US, details={},
        )
    )  # fmt: skip
    assert watch_scores.run(wiring) == 0 and drifts(wiring) == []
