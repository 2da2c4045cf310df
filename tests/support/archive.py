"""Databases with a full archive, which take minutes to fill; kept between runs where the environment names a place.

`ARCHIVE_DIR` is a folder for SQLite files; on the server of `TEST_DATABASE_URL` PostgreSQL's stay. Without either
they are filled anew and dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import func, select

from moderation.services.sites import add_site
from moderation.storage.database import open_database
from moderation.storage.migrate import upgrade
from moderation.storage.schema import comments, sites
from tests.bench import bulk, texts
from tests.support import databases, settings
from tests.support.databases import Databases

OTHER_SITE = "elsewhere"
OTHERS = 1_000


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
        server = os.environ.get("TEST_DATABASE_URL")
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
            return
        add_site(database, key=OTHER_SITE, name="Elsewhere", origins=[], now=1)
        with database.read() as conn:
            other = conn.execute(select(sites.c.id).where(sites.c.key == OTHER_SITE)).scalar_one()
        found, _ = texts.comments()
        bulk.load(url, other, found, OTHERS)
        bulk.load(url, site_id, found, count)
    finally:
        database.close()
