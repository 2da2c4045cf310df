"""Databases with a full archive, which take minutes to fill; kept between runs where the environment names a place.

`ARCHIVE_DIR` is a folder for SQLite files; on the server of `TEST_DATABASE_URL` PostgreSQL's stay. Without either
they are filled anew and dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import exists, func, insert, select, update

from moderation.domain.concern import Concern
from moderation.services.sites import add_site
from moderation.storage.database import open_database
from moderation.storage.ids import made_at, new_id
from moderation.storage.migrate import upgrade
from moderation.storage.schema import comments, concerns, sites
from tests.bench import bulk, texts
from tests.support import databases, settings
from tests.support.databases import Databases
from tests.support.postgres import given_server

if TYPE_CHECKING:
    from sqlalchemy import Connection

OTHER_SITE = "elsewhere"
OTHERS = 1_000
# Of the newest in a state so many are asked about once more: the first, each so manieth of them; settled is what was
# asked about older ones.
ASKED = {
    Concern.REPORT: ("approved", 5_000, 10), Concern.APPEAL: ("rejected", 4_000, 20),
    Concern.ESCALATION: ("pending", 2_000, 40),
}  # fmt: skip
SETTLED = 20_000
UNSCORED = 300


@contextmanager
def archive(handed_out: Databases, kind: str, count: int) -> Iterator[str]:
    """A database of `count` comments of one site, and a few of another."""
    kept = _kept(kind, count)
    url = kept or handed_out.migrated(kind)
    try:
        _fill(url, count)
        yield url
    finally:
        if kept is None:
            handed_out.drop(url)


def _kept(kind: str, count: int) -> str | None:
    name = f"archive_{count}"
    if kind == "sqlite":
        folder = os.environ.get("ARCHIVE_DIR")
        url = f"sqlite:///{Path(folder) / name}.sqlite3" if folder else None
    else:
        server = given_server()
        url = f"{server}/{name}" if server else None
        if server:
            with psycopg.connect(f"{server}/postgres", autocommit=True) as conn:
                if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                    conn.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")  # type: ignore[call-overload]
    if url:
        upgrade(url)
        databases.allow_origin(url, settings.SITE_ORIGIN)
    return url


def _fill(url: str, count: int) -> None:
    database = open_database(url)
    try:
        with database.read() as conn:
            there = conn.execute(select(func.count()).select_from(comments)).scalar_one()
            site_id = conn.execute(select(sites.c.id).where(sites.c.key == settings.SITE)).scalar_one()
        if there:
            database.write(lambda conn: _ask(conn, site_id))
            return
        add_site(database, key=OTHER_SITE, name="Elsewhere", origins=[], now=1)
        with database.read() as conn:
            other = conn.execute(select(sites.c.id).where(sites.c.key == OTHER_SITE)).scalar_one()
        found, _ = texts.comments()
        bulk.load(url, other, found, OTHERS)
        bulk.load(url, site_id, found, count)
        database.write(lambda conn: _ask(conn, site_id))
    finally:
        database.close()


def _ask(conn: Connection, site_id: str) -> None:
    """Somebody asks for another look at a few, and a few could not be scored; once an archive."""
    if conn.execute(select(exists().where(concerns.c.site_id == site_id))).scalar_one():
        return
    for kind, (state, among, step) in ASKED.items():
        ids = _newest(conn, site_id, state, among + SETTLED)
        asked = [concern(site_id, kind, one) for one in ids[:among:step]]
        settled = [concern(site_id, kind, one) for one in ids[among:]]
        conn.execute(insert(concerns), [*asked, *(each | {"settled_at": each["created_at"]} for each in settled)])
    unscored = _newest(conn, site_id, "pending", 2 * UNSCORED)[1::2]
    conn.execute(update(comments).where(comments.c.id.in_(unscored)).values(band="unscored"))
    conn.exec_driver_sql("ANALYZE concerns")


def _newest(conn: Connection, site_id: str, state: str, limit: int) -> list[str]:
    mine = (comments.c.site_id == site_id, comments.c.state == state)
    return list(conn.execute(
        select(comments.c.id).where(*mine).order_by(comments.c.queue_key.desc()).limit(limit)
    ).scalars())  # fmt: skip


def concern(site_id: str, kind: Concern, comment_id: str) -> dict[str, object]:
    at = made_at(comment_id) + 1_000_000
    return {
        "id": new_id(at), "site_id": site_id, "comment_id": comment_id, "revision": 1, "kind": kind,
        "once": f"{kind}:{comment_id}", "reason": "", "text": "Please look again.", "raised_by": "reader",
        "created_at": at, "settled_at": None,
    }  # fmt: skip
