"""The append-only log of what happened: ids and codes, never text, never an address."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert

from moderation.storage.ids import new_id
from moderation.storage.schema import audit_events

_ADD = insert(audit_events)


def record(
    conn: Connection, *, actor: str, action: str, subject: str, at: int,
    site_id: str | None = None, details: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    conn.execute(
        _ADD,
        {
            "id": new_id(at),
            "site_id": site_id,
            "actor": actor,
            "action": action,
            "subject": subject,
            "details": json.dumps(details or {}, separators=(",", ":")),
            "created_at": at,
        },
    )
