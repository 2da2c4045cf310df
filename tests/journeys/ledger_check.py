"""Was a promise broken? Counted by SQL and from the readers' own ledger, without a line of the service."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

COUNTS = {
    "undecided": (
        "SELECT count(*) FROM comments c WHERE band = 'unscored'"
        " OR EXISTS (SELECT 1 FROM outbox o WHERE o.comment_id = c.id)"
    ),
    "without_a_decision": (
        "SELECT count(*) FROM comments c"
        " WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.comment_id = c.id AND d.version = c.version)"
    ),
    "looked_twice": (
        "SELECT count(*) FROM (SELECT 1 FROM decisions WHERE look IN ('first', 'second')"
        " GROUP BY comment_id, revision, look HAVING count(*) > 1) t"
    ),
    "versions_decided_twice": (
        "SELECT count(*) FROM (SELECT 1 FROM decisions GROUP BY comment_id, version HAVING count(*) > 1) t"
    ),
    "duplicates": (
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM comments"
        " WHERE idempotency_key IS NOT NULL GROUP BY site_id, idempotency_key HAVING count(*) > 1) t"
    ),
    "published_undecided": (
        "SELECT count(*) FROM comments c WHERE state = 'approved' AND NOT EXISTS (SELECT 1 FROM decisions d"
        " WHERE d.comment_id = c.id AND d.version = c.version AND d.state_after = 'approved')"
    ),
    "states_without_an_audit_event": (
        "SELECT count(*) FROM decisions d WHERE NOT EXISTS (SELECT 1 FROM audit_events a"
        " WHERE a.subject = 'comment:' || d.comment_id AND a.details LIKE '%' || d.id || '%')"
    ),
    "thread_counts_wrong": (
        "SELECT count(*) FROM threads t WHERE approved <> (SELECT count(*) FROM comments c"
        " WHERE c.thread_id = t.id AND c.state = 'approved')"
    ),
    "author_counts_wrong": (
        "SELECT count(*) FROM authors a WHERE"
        " approved <> (SELECT count(*) FROM comments c WHERE c.author_id = a.id AND c.state = 'approved')"
        " OR rejected <> (SELECT count(*) FROM comments c WHERE c.author_id = a.id AND c.state = 'rejected')"
        " OR spam <> (SELECT count(*) FROM comments c WHERE c.author_id = a.id AND c.state = 'spam')"
    ),
    "comments": "SELECT count(*) FROM comments",
    "second_looks": "SELECT count(*) FROM decisions WHERE look = 'second'",
}


@dataclass(frozen=True)
class Findings:
    """What the ledger and the tables say, side by side."""

    acknowledged: int
    never_acknowledged: int
    refused: int
    lost: int
    two_answers: int
    attempts: int
    latencies_s: list[float]
    counts: dict[str, int]
    intact: bool

    @property
    def undecided(self) -> int:
        return self.counts["undecided"] + self.counts["without_a_decision"]

    @property
    def decided_twice(self) -> int:
        return max(self.counts["looked_twice"], self.counts["versions_decided_twice"])

    @property
    def duplicates(self) -> int:
        return max(self.counts["duplicates"], self.two_answers)

    @property
    def miscounted(self) -> int:
        names = ("thread_counts_wrong", "author_counts_wrong", "states_without_an_audit_event")
        return sum(self.counts[name] for name in names)

    def broken(self) -> dict[str, int]:
        """Every promise that was broken, and how often."""
        promises = {
            "acknowledged and lost": self.lost,
            "undecided": self.undecided,
            "decided twice": self.decided_twice,
            "duplicates": self.duplicates,
            "published without a decision": self.counts["published_undecided"],
            "counts that are not a recount": self.miscounted,
            "never acknowledged": self.never_acknowledged,
            "refused": self.refused,
            "damaged database": int(not self.intact),
        }
        return {promise: times for promise, times in promises.items() if times}


@contextmanager
def rows_of(url: str) -> Iterator[Any]:
    """A function from SQL to rows, on either kind of database."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as file:
            yield lambda query: file.execute(query).fetchall()
    else:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as server:
            yield lambda query: server.execute(query).fetchall()


def waiting(url: str) -> int:
    """How many comments are still undecided."""
    with rows_of(url) as rows:
        return int(rows(COUNTS["undecided"])[0][0])


def leased(url: str, lease: str) -> int:
    """How much of the work that was taken under this lease is still unfinished, and nobody else's."""
    with rows_of(url) as rows:
        return int(rows(f"SELECT count(*) FROM outbox WHERE lease = '{lease}'")[0][0])


def execute(url: str, statement: str) -> None:
    """Change the database behind the service's back: for the controls only."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as file, file:
            file.execute(statement)
    else:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as server:
            server.execute(statement)


def check(url: str, ledger: Path) -> Findings:
    lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    told = [line for line in lines if line["status"] in (200, 201, 202)]
    ids: dict[str, set[str]] = {}
    for line in told:
        ids.setdefault(line["key"], set()).add(line["id"])
    with rows_of(url) as rows:
        stored = {row[0] for row in rows("SELECT id FROM comments")}
        counts = {name: int(rows(query)[0][0]) for name, query in COUNTS.items()}
        intact = not url.startswith("sqlite") or rows("PRAGMA integrity_check") == [("ok",)]
    acknowledged = set().union(*ids.values()) if ids else set()
    return Findings(
        acknowledged=len(ids),
        never_acknowledged=sum(line["status"] == 0 for line in lines),
        refused=sum(400 <= line["status"] < 500 for line in lines),
        lost=len(acknowledged - stored),
        two_answers=sum(len(each) > 1 for each in ids.values()),
        attempts=sum(line["attempts"] for line in lines),
        latencies_s=sorted(line["seconds"] for line in told),
        counts=counts,
        intact=intact,
    )
