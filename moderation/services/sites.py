"""Look up a site by its key: each process remembers it for a moment, since every request asks."""

import json
import time
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from moderation.domain import policy_settings
from moderation.domain.policy import Policy, Thresholds, policy_from
from moderation.domain.site import Site
from moderation.storage import bands, sites
from moderation.storage.database import Database
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

REMEMBERED_S = 2.0


class SiteDirectory:
    def __init__(self, database: Database, policy_file: Path) -> None:
        self._database = database
        self._defaults = tomllib.loads(policy_file.read_text(encoding="utf-8"))
        self._known: dict[str, tuple[float, Site | None]] = {}
        self._all: tuple[float, list[Site]] = (0.0, [])

    def by_key(self, key: str) -> Site | None:
        known = self._known.get(key)
        if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        with self._database.read() as conn:
            row = sites.by_key(conn, key)
            own_bands = bands.newest(conn, row.id) if row is not None else []
        site = self._site(row, own_bands) if row is not None else None
        if len(self._known) > 10_000:  # unknown keys are anybody's to invent
            self._known.clear()
        self._known[key] = (time.monotonic(), site)
        return site

    def by_id(self, site_id: str) -> Site | None:
        with self._database.read() as conn:
            row = next((row for row in sites.all_sites(conn) if row.id == site_id), None)
            return self._site(row, bands.newest(conn, site_id)) if row is not None else None

    def defaults(self) -> dict[str, Any]:
        """What a new site starts with."""
        return dict(self._defaults)

    def policy_with(self, own: Mapping[str, Any], *, version: int) -> Policy:
        """The policy that a site has with these values of its own."""
        return policy_from(_laid_over(self._defaults, own), version=version)

    def every(self) -> list[Site]:
        """All sites, as of a moment ago."""
        read_at, known = self._all
        if not known or time.monotonic() - read_at >= REMEMBERED_S:
            with self._database.read() as conn:
                known = [self._site(row, bands.newest(conn, row.id)) for row in sites.all_sites(conn)]
            self._all = (time.monotonic(), known)
        return known

    def forget(self) -> None:
        self._known.clear()
        self._all = (0.0, [])

    def _site(self, row: Record, own_bands: list[Record]) -> Site:
        own = json.loads(row.policy)
        return Site(
            id=row.id,
            key=row.key,
            name=row.name,
            origins=frozenset(json.loads(row.origins)),
            policy=replace(
                self.policy_with(own, version=row.policy_version),
                chosen={band.model: _thresholds(band) for band in own_bands if band.kind == bands.CHOSEN},
                tightened={band.model: _thresholds(band) for band in own_bands if band.kind == bands.TIGHTENED},
            ),
        )


def of_thread(policy: Policy, own: str | None) -> Policy:
    """A site's policy with one thread's own values over it, as they are stored."""
    return replace(policy, **policy_settings.of_a_thread(json.loads(own))) if own else policy


def _thresholds(band: Record) -> Thresholds:
    return Thresholds(band.approve_below, band.reject_from, band.spam_from)


def _laid_over(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    calls_for = {**defaults["calls_for"], **own.get("calls_for", {})}
    return {**defaults, **own, "calls_for": calls_for}


def add_site(database: Database, *, key: str, name: str, origins: list[str], now: int) -> str:
    """Add a site, or give an existing one this name and these origins; its id."""

    def work(conn: Any) -> str:
        row = sites.by_key(conn, key)
        if row is not None:
            sites.set_origins(conn, row.id, sorted({*json.loads(row.origins), *origins}))
            return str(row.id)
        site_id = new_id(now)
        sites.add(conn, id=site_id, key=key, name=name, origins=origins, at=now)
        return site_id

    return database.write(work)
