"""What the log holds of one thing is found by its index: the log itself only grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from moderation.storage import audit
from moderation.storage.database import open_database

ACTIONS = ("head.promoted", "head.rolled_back")
ASKED: dict[str, Callable[[Connection], Any]] = {
    "of": lambda conn: audit.of(conn, "site:1", ACTIONS, limit=9),
    "last_at": lambda conn: audit.last_at(conn, "site:1", ACTIONS),
    "of_models": lambda conn: audit.of_models(conn, ("model.promoted",), limit=9),
    "last_of_models_at": lambda conn: audit.last_of_models_at(conn, ("model.promoted",)),
}


@pytest.mark.parametrize("asked", ASKED)
def test_nobody_walks_through_the_log(sqlite_url: str, asked: str) -> None:
    database, said = open_database(sqlite_url), []
    with database.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda *given: said.append(given[2:4]))
        ASKED[asked](conn)
        statement, given = said[-1]
        plan = [str(row[-1]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
    database.close()
    assert any("ix_audit_events_subject" in step for step in plan), plan
    assert not any(step.startswith("SCAN audit_events") for step in plan), plan


def test_what_happened_to_the_model_of_all_sites_is_told_newest_first(sqlite_url: str) -> None:
    database = open_database(sqlite_url)

    def happened(conn: Connection) -> None:
        for at, subject in enumerate(("model:one", "model:two", "site:1", "model:one"), 1):
            audit.record(conn, actor="system", action="model.promoted", subject=subject, at=at)

    database.write(happened)
    with database.read() as conn:
        told = [row.subject for row in audit.of_models(conn, ("model.promoted",), limit=2)]
        last = audit.last_of_models_at(conn, ("model.promoted",))
    database.close()
    assert told == ["model:one", "model:two"] and last == 4
