"""Keys by which other programs call us: their digests, whose they are, and how much they were used."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import api_keys, key_usage, sites
from moderation.storage.upsert import insert_for

COUNTED = ("calls", "spam", "ham", "missed_spam", "false_positives")
_WITH_SITE = select(api_keys, sites.c.key.label("site_key")).join(sites, sites.c.id == api_keys.c.site_id)


def add(conn: Connection, row: Mapping[str, Any]) -> None:
    conn.execute(insert(api_keys), dict(row))


def by_digest(conn: Connection, digest: str) -> Record | None:
    """A key that works; a revoked one is as unknown as one that never was."""
    asked = _WITH_SITE.where(api_keys.c.digest == digest, api_keys.c.revoked_at.is_(None))
    return conn.execute(asked).one_or_none()


def by_id(conn: Connection, id: str) -> Record | None:
    return conn.execute(_WITH_SITE.where(api_keys.c.id == id, api_keys.c.revoked_at.is_(None))).one_or_none()


def listed(conn: Connection, site_id: str | None = None) -> list[Record]:
    asked = _WITH_SITE.order_by(api_keys.c.id)
    return list(conn.execute(asked if site_id is None else asked.where(api_keys.c.site_id == site_id)))


def revoke(conn: Connection, id: str, *, at: int) -> bool:
    wanted = update(api_keys).where(api_keys.c.id == id, api_keys.c.revoked_at.is_(None))
    return conn.execute(wanted.values(revoked_at=at)).rowcount == 1


def reseal(conn: Connection, id: str, *, old: str, new: str) -> None:
    wanted = update(api_keys).where(api_keys.c.id == id, api_keys.c.coral_secret_sealed == old)
    conn.execute(wanted.values(coral_secret_sealed=new))


def count(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add to what each key was used for on a day; `rows` hold key_id, day, blog and the COUNTED."""
    for row in rows:
        adding = insert_for(conn, key_usage).values(**row)
        more = {name: getattr(key_usage.c, name) + getattr(adding.excluded, name) for name in COUNTED}
        conn.execute(adding.on_conflict_do_update(index_elements=["key_id", "day", "blog"], set_=more))


def used(conn: Connection, key_ids: Iterable[str], *, from_day: int, to_day: int) -> list[Record]:
    """Sums by blog and day, both days included."""
    sums = [func.sum(getattr(key_usage.c, name)).label(name) for name in COUNTED]
    asked = (
        select(key_usage.c.blog, key_usage.c.day, *sums)
        .where(key_usage.c.key_id.in_(list(key_ids)), key_usage.c.day.between(from_day, to_day))
        .group_by(key_usage.c.blog, key_usage.c.day)
        .order_by(key_usage.c.day, key_usage.c.blog)
    )
    return list(conn.execute(asked))
