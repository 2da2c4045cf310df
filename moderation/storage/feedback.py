"""What moderators elsewhere decided, as their programs told us: one row a key and text, the last verdict counts."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from moderation.storage.rows import Record
from moderation.storage.schema import api_keys, feedback, sites
from moderation.storage.upsert import insert_for


def put(conn: Connection, row: Mapping[str, Any]) -> None:
    adding = insert_for(conn, feedback).values(**row)
    newer = {name: getattr(adding.excluded, name) for name in ("source", "verdict", "attributes", "created_at")}
    # The same verdict again changes nothing, not even its date: repeating it is no way to look recent.
    changed = (feedback.c.verdict != adding.excluded.verdict) | (feedback.c.attributes != adding.excluded.attributes)
    conn.execute(
        adding.on_conflict_do_update(index_elements=["key_id", "text_digest"], set_=newer, where=changed)
    )


def has(conn: Connection, key_id: str, text_digest: int) -> bool:
    asked = select(feedback.c.id).where(feedback.c.key_id == key_id, feedback.c.text_digest == text_digest)
    return conn.execute(asked).first() is not None


def count_since(conn: Connection, key_id: str, since: int) -> int:
    asked = select(func.count()).where(feedback.c.key_id == key_id, feedback.c.created_at >= since)
    return int(conn.execute(asked).scalar_one())


def newest(conn: Connection, *, limit: int) -> list[Record]:
    asked = (
        select(feedback, api_keys.c.name.label("key_name"), sites.c.name.label("site_name"))
        .join(api_keys, api_keys.c.id == feedback.c.key_id)
        .join(sites, sites.c.id == feedback.c.site_id)
        .order_by(feedback.c.created_at.desc(), feedback.c.id.desc())
        .limit(limit)
    )
    return list(conn.execute(asked))


def as_json(attributes: Mapping[str, float]) -> str:
    return json.dumps(dict(sorted(attributes.items())), separators=(",", ":"))
