"""What each moderator chose for their own desk, and the filters they keep."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from moderation.storage.ids import new_id
from moderation.storage.rows import Record
from moderation.storage.schema import moderator_settings, saved_filters
from moderation.storage.upsert import insert_for

MOST_FILTERS = 30


def of(conn: Connection, moderator_id: str) -> dict[str, Any]:
    found = select(moderator_settings.c.settings).where(moderator_settings.c.moderator_id == moderator_id)
    stored = conn.execute(found).scalar_one_or_none()
    return dict(json.loads(stored)) if stored else {}


def keep(conn: Connection, moderator_id: str, settings: Mapping[str, Any]) -> None:
    row = {"moderator_id": moderator_id, "settings": json.dumps(settings, separators=(",", ":"))}
    statement = insert_for(conn, moderator_settings).values(row)
    conn.execute(
        statement.on_conflict_do_update(index_elements=["moderator_id"], set_={"settings": row["settings"]})
    )


def filters(conn: Connection, moderator_id: str) -> list[Record]:
    return list(
        conn.execute(
            select(saved_filters).where(saved_filters.c.moderator_id == moderator_id).order_by(saved_filters.c.name)
            .limit(MOST_FILTERS)
        )
    )  # fmt: skip


def save_filter(conn: Connection, moderator_id: str, *, name: str, query: str, at: int) -> None:
    """One name keeps one filter: the newest."""
    row = {"id": new_id(at), "moderator_id": moderator_id, "name": name, "query": query, "created_at": at}
    statement = insert_for(conn, saved_filters).values(row)
    conn.execute(statement.on_conflict_do_update(index_elements=["moderator_id", "name"], set_={"query": query}))


def forget_filter(conn: Connection, moderator_id: str, filter_id: str) -> None:
    mine = saved_filters.c.moderator_id == moderator_id
    conn.execute(delete(saved_filters).where(mine, saved_filters.c.id == filter_id))
