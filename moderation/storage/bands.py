"""The bands that a site's own labels led to, by model; the newest of each model is in force."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from moderation.storage.rows import Record
from moderation.storage.schema import site_bands

CHOSEN, TIGHTENED = "chosen", "tightened"
# A site changes its model every few weeks: older ones than these are no longer in any process.
REMEMBERED = 12


def newest(conn: Connection, site_id: str) -> list[Record]:
    """The newest band of each of the site's last models, newest first."""
    rows = conn.execute(
        select(site_bands).where(site_bands.c.site_id == site_id).order_by(site_bands.c.id.desc()).limit(REMEMBERED)
    )
    found: dict[str, Record] = {}
    for row in rows:
        found.setdefault(str(row.model), row)
    return list(found.values())


def add(
    conn: Connection, *, id: str, site_id: str, model: str, kind: str, thresholds: Mapping[str, float],
    because: Sequence[str], evidence: Mapping[str, Any], at: int,
) -> None:  # fmt: skip
    conn.execute(
        insert(site_bands),
        {
            "id": id, "site_id": site_id, "model": model, "kind": kind, **thresholds,
            "because": json.dumps(list(because)), "evidence": json.dumps(dict(evidence)), "created_at": at,
        },
    )  # fmt: skip
