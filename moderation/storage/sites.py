"""Publishers: their keys, the origins that may embed their form, and their policy."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, insert, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import sites


def by_key(conn: Connection, key: str) -> Record | None:
    return conn.execute(select(sites).where(sites.c.key == key)).one_or_none()


def all_sites(conn: Connection) -> list[Record]:
    return list(conn.execute(select(sites).order_by(sites.c.id)))


def add(conn: Connection, *, id: str, key: str, name: str, origins: Iterable[str], at: int) -> None:
    conn.execute(
        insert(sites),
        {
            "id": id, "key": key, "name": name, "origins": json.dumps(list(origins)), "policy": "{}",
            "policy_version": 1, "created_at": at,
        },
    )  # fmt: skip


def set_origins(conn: Connection, site_id: str, origins: Iterable[str]) -> None:
    conn.execute(update(sites).where(sites.c.id == site_id).values(origins=json.dumps(list(origins))))
