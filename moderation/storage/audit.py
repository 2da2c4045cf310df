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


def last_of_all_at(conn: Connection, actions: Sequence[str]) -> int | None:
    """When one of these last happened to anything that is no site's."""
    found = select(func.max(audit_events.c.created_at)).where(
        audit_events.c.site_id.is_(None), audit_events.c.action.in_(actions)
    )
    return conn.execute(found).scalar_one_or_none()


def of(conn: Connection, subject: str, actions: Sequence[str], *, limit: int) -> list[Record]:
    """What happened to it, the newest first, with the name of who did it where that was a person."""
    return _newest(conn, audit_events.c.subject == subject, actions, limit)


def of_no_site(conn: Connection, actions: Sequence[str], *, limit: int) -> list[Record]:
    """The same of what is no site's own."""
    return _newest(conn, audit_events.c.site_id.is_(None), actions, limit)


def _newest(conn: Connection, about: ColumnElement[bool], actions: Sequence[str], limit: int) -> list[Record]:
    found = (
        select(audit_events, moderators.c.name.label("actor_name"))
        .outerjoin(moderators, audit_events.c.actor == "moderator:" + moderators.c.id)
        .where(about, audit_events.c.action.in_(actions))
        .order_by(audit_events.c.id.desc())
        .limit(limit)
    )
    return list(conn.execute(found))
