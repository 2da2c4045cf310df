"""A site as JSON lines: a header, its threads, its comments with all that was decided on them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from moderation.domain.site import Site
from moderation.services.moving.moderato import FORMAT, VERSION
from moderation.storage import exports
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

_COMMENT = (
    "id", "state", "created_at", "revision", "version", "band", "p_reject", "p_low", "p_high", "queue_key",
    "audit_drawn", "decided_at",
)  # fmt: skip
_REVISION = ("revision", "name", "website", "text", "created_at")
_DECISION = (
    "id", "revision", "version", "look", "band", "state_before", "state_after", "decided_by", "reason", "model",
    "policy_version", "audit_probability", "undoes", "created_at",
)  # fmt: skip
_LABEL = ("revision", "source", "verdict", "judged", "probability", "created_at")


def lines(wiring: "Wiring", conn: Connection, site: Site, *, with_emails: bool) -> Iterator[tuple[str, int]]:
    """A line, and how many comments are in it."""
    made = datetime.fromtimestamp(wiring.clock.now_us() / 1e6, UTC).isoformat(timespec="seconds")
    about = {"key": site.key, "name": site.name}
    header = {"format": FORMAT, "version": VERSION, "made_at": made, "site": about, "emails": with_emails}
    yield _line(header), 0
    for thread in exports.threads_of(conn, site.id):
        yield _line({"kind": "thread", **_some(thread, ("id", "url", "title", "open", "created_at"))}), 0
    for rows in exports.comments_of(conn, site.id):
        details = exports.about(conn, [row.id for row in rows])
        for row in rows:
            yield _line(_comment(wiring, row, details, with_emails)), 1


def _comment(
    wiring: "Wiring", row: Record, details: dict[str, dict[str, list[Record]]], with_emails: bool
) -> dict[str, Any]:
    author = {
        "id": row.author_id, "standing": row.standing, "standing_until": row.standing_until,
        "created_at": row.author_since,
    }  # fmt: skip
    if with_emails:
        author["email"] = wiring.vault.open(row.email_sealed)
    found = {name: rows.get(row.id, []) for name, rows in details.items()}
    texts = {text.decision_id: text for text in found["texts"]}
    return {
        "kind": "comment",
        "thread": row.thread_id,
        "parent": row.parent_id,
        "author": author,
        **_some(row, _COMMENT),
        "revisions": [_some(one, _REVISION) for one in found["revisions"]],
        "decisions": [_decision(one, texts.get(one.id)) for one in found["decisions"]],
        "labels": [{"decision": one.decision_id, **_some(one, _LABEL)} for one in found["labels"]],
    }


def _decision(row: Record, texts: Record | None) -> dict[str, Any]:
    decision = _some(row, _DECISION)
    for name in ("because", "findings", "opinion", "thresholds"):
        value = getattr(row, name)
        decision[name] = json.loads(value) if value is not None else None
    if texts is not None:
        decision |= {"for_team": texts.for_team, "for_author": texts.for_author}
    return decision


def _some(row: Record, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"
