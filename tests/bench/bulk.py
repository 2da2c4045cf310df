"""Fill a database with stored comments, straight by SQL, as many years of a site would have.

60 of 100 comments are approved, 25 rejected, 14 spam and 1 waits for a moderator; 50 lie under a page, ten
come from an author. Each has its revision, its decision and its audit event, as the service writes them.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from moderation.services.submit_rows import text_digest
from moderation.storage.ids import new_id
from moderation.storage.schema import metadata

YEAR_US = 365 * 86_400_000_000
AT_ONCE = 20_000
PER_THREAD, PER_AUTHOR = 50, 10
SHARES = {"auto_approve": 60, "auto_reject": 25, "auto_spam": 14, "review": 1}
STATE = {"auto_approve": "approved", "auto_reject": "rejected", "auto_spam": "spam", "review": "pending"}
FINDINGS = json.dumps([{"code": "likely_rejected", "score": 0.31, "low": 0.22, "high": 0.4, "model": "bulk@1"}])
OPINION = json.dumps({"p_reject": 0.31, "low": 0.22, "high": 0.4, "attributes": {"toxicity": 0.3, "spam": 0.02}})
SECTIONS = ("politics", "sport", "city", "culture", "opinion", "business")
SCORES = {"auto_approve": (0.0, 0.2), "auto_reject": (0.85, 1.0), "auto_spam": (0.3, 0.9), "review": (0.1, 0.9)}
Rows = dict[str, list[dict[str, Any]]]


def load(database_url: str, site_id: str, texts: list[str], count: int, *, first: int = 0) -> None:
    """Add comments number `first` up to `count`, oldest first; the newest is a moment old."""
    with _Writer(database_url) as write:
        ids: dict[str, str] = {}
        for start in range(first, count, AT_ONCE):
            write(_rows(site_id, texts, range(start, min(start + AT_ONCE, count)), count, ids))


def _rows(site_id: str, texts: list[str], numbers: range, count: int, ids: dict[str, str]) -> Rows:
    rows: Rows = {
        "threads": [],
        "authors": [],
        "comments": [],
        "revisions": [],
        "decisions": [],
        "audit_events": [],
    }
    chance = random.Random(numbers.start)
    now = time.time_ns() // 1000
    for n in numbers:
        at = now - YEAR_US + (n * YEAR_US) // (count + 1)
        thread, author = f"thread {n // PER_THREAD}", f"author {n // PER_AUTHOR}"
        if thread not in ids:
            ids[thread] = new_id(at)
            rows["threads"].append(_thread(ids[thread], site_id, n // PER_THREAD, at))
        if author not in ids:
            ids[author] = new_id(at)
            rows["authors"].append(_author(ids[author], site_id, n // PER_AUTHOR, at))
        (band,) = chance.choices(list(SHARES), list(SHARES.values()))
        state = STATE[band]
        text = f"{texts[n % len(texts)]} #{n}"
        comment = _comment(new_id(at), site_id, ids[thread], ids[author], state, band, text, at)
        comment["p_reject"] = round(chance.uniform(*SCORES[band]), 4)
        decision = _decision(comment, at)
        rows["comments"].append(comment)
        rows["revisions"].append(
            {
                "comment_id": comment["id"],
                "revision": 1,
                "name": f"Reader {n % 9973}",
                "website": "",
                "text": text,
                "created_at": at,
            }
        )
        rows["decisions"].append(decision)
        rows["audit_events"].append(
            {
                "id": new_id(at),
                "site_id": site_id,
                "actor": "bulk@1",
                "action": "comment.first",
                "subject": f"comment:{comment['id']}",
                "details": json.dumps({"decision": decision["id"], "to": state}),
                "created_at": at,
            }
        )
    return rows


def _thread(id: str, site_id: str, number: int, at: int) -> dict[str, Any]:
    return {
        "id": id,
        "site_id": site_id,
        "url": f"http://news.test/{SECTIONS[number % len(SECTIONS)]}/{number}",
        "section": SECTIONS[number % len(SECTIONS)],
        "title": f"Article {number}",
        "open": True,
        "approved": 30,
        "version": 50,
        "created_at": at,
    }


def _author(id: str, site_id: str, number: int, at: int) -> dict[str, Any]:
    digest = hashlib.sha256(f"{number}".encode()).hexdigest()
    return {
        "id": id,
        "site_id": site_id,
        "email_digest": digest,
        "email_sealed": "gAAAA" + digest * 2,
        "standing": "normal",
        "approved": 6,
        "rejected": 2,
        "spam": 1,
        "posted": 10,
        "burst_started_at": at,
        "burst": 1,
        "created_at": at,
    }


def _comment(
    id: str, site_id: str, thread_id: str, author_id: str, state: str, band: str, text: str, at: int
) -> dict[str, Any]:
    return {
        "id": id,
        "site_id": site_id,
        "thread_id": thread_id,
        "author_id": author_id,
        "depth": 0,
        "revision": 1,
        "version": 1,
        "state": state,
        "band": band,
        "p_reject": 0.31,
        "p_low": 0.22,
        "p_high": 0.4,
        "queue_key": at,
        "text_digest": text_digest(text),
        "idempotency_key": f"bulk-{id}",
        "request_digest": hashlib.sha256(id.encode()).hexdigest(),
        "address_digest": "0" * 32,
        "audit_drawn": id.endswith("0"),
        "created_at": at,
        "decided_at": None if state == "pending" else at,
    }


def _decision(comment: dict[str, Any], at: int) -> dict[str, Any]:
    return {
        "id": new_id(at),
        "site_id": comment["site_id"],
        "comment_id": comment["id"],
        "revision": 1,
        "version": 1,
        "look": "first",
        "band": comment["band"],
        "state_before": None,
        "state_after": comment["state"],
        "decided_by": "bulk@1",
        "reason": "",
        "because": "[]",
        "findings": FINDINGS,
        "opinion": OPINION,
        "model": "bulk@1",
        "thresholds": None,
        "policy_version": 1,
        "audit_probability": 0.02,
        "created_at": at,
    }


class _Writer:
    """Writes rows table by table, in the order of their foreign keys; without fsync, it is only filling."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> Any:
        if self._url.startswith("sqlite"):
            self._file = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=30)
            self._file.execute("PRAGMA synchronous=OFF")
            self._file.execute("PRAGMA cache_size=-400000")
            return self._into_sqlite
        self._server = psycopg.connect(self._url.replace("postgresql+psycopg://", "postgresql://"))
        return self._into_postgresql

    def __exit__(self, *_: object) -> None:
        if self._url.startswith("sqlite"):
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._file.execute("ANALYZE")
            self._file.commit()
            self._file.close()
        else:
            self._server.execute("ANALYZE")
            self._server.commit()
            self._server.close()

    def _into_sqlite(self, rows: Rows) -> None:
        with self._file:
            for table, values in _in_order(rows):
                names = ", ".join(values[0])
                marks = ", ".join("?" * len(values[0]))
                self._file.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", (tuple(row.values()) for row in values)
                )

    def _into_postgresql(self, rows: Rows) -> None:
        with self._server.transaction(), self._server.cursor() as cursor:
            for table, values in _in_order(rows):
                with cursor.copy(f"COPY {table} ({', '.join(values[0])}) FROM STDIN") as copy:
                    for row in values:
                        copy.write_row(tuple(row.values()))


def _in_order(rows: Rows) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for table in metadata.sorted_tables:
        if rows.get(table.name):
            yield table.name, rows[table.name]
