"""The append-only log of what happened: ids and codes, never text, never an address."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select

from moderation.storage.ids import new_id
from moderation.storage.rows import Record
from moderation.storage.schema import audit_events, moderators
from moderation.storage.statements import Statement

_ADD = Statement(
    insert(audit_events), columns=("id", "site_id", "actor", "action", "subject", "details", "created_at")
)


def record(
    conn: Connection, *, actor: str, action: str, subject: str, at: int,
    site_id: str | None = None, details: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    add_all(conn, [event(actor=actor, action=action, subject=subject, at=at, site_id=site_id, details=details)])


def event(
    *, actor: str, action: str, subject: str, at: int, site_id: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": new_id(at),
        "site_id": site_id,
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": json.dumps(details or {}, separators=(",", ":")),
        "created_at": at,
    }


def add_all(conn: Connection, events: Sequence[dict[str, Any]]) -> None:
    _ADD.run_many(conn, events)


def last_at(conn: Connection, subject: str, actions: Sequence[str]) -> int | None:
    """When one of these last happened to it."""
    found = select(func.max(audit_events.c.created_at)).where(
        audit_events.c.subject == subject, audit_events.c.action.in_(actions)
    )
    return conn.execute(found).scalar_one_or_none()


def last_of_models_at(conn: Connection, actions: Sequence[str]) -> int | None:
    """When one of these last happened to a model of all sites."""
    found = select(func.max(audit_events.c.created_at)).where(_of_models(), audit_events.c.action.in_(actions))
    return conn.execute(found).scalar_one_or_none()


def of(conn: Connection, subject: str, actions: Sequence[str], *, limit: int) -> list[Record]:
    """What happened to it, the newest first, with the name of who did it where that was a person."""
    return _newest(conn, audit_events.c.subject == subject, actions, limit)


def of_models(conn: Connection, actions: Sequence[str], *, limit: int) -> list[Record]:
    """The same of the models of all sites."""
    return _newest(conn, _of_models(), actions, limit)


def _of_models() -> ColumnElement[bool]:
    return (audit_events.c.subject > "model:") & (audit_events.c.subject < "model;")


def _newest(conn: Connection, about: ColumnElement[bool], actions: Sequence[str], limit: int) -> list[Record]:
    found = (
        select(audit_events, moderators.c.name.label("actor_name"))
        .outerjoin(moderators, audit_events.c.actor == "moderator:" + moderators.c.id)
        .where(about, audit_events.c.action.in_(actions))
        # Few rows, found by the index of subjects; in the order of ids the whole log would be read for them.
        .order_by(audit_events.c.created_at.desc(), audit_events.c.id.desc())
        .limit(limit)
    )
    return list(conn.execute(found))
