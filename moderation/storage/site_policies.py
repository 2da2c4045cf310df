"""A site's policy and what it was before: each version is kept, so that any can be taken back."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from moderation.storage.rows import Record
from moderation.storage.schema import moderators, site_policies, sites, threads

SHOWN = 30


def change(
    conn: Connection, site_id: str, *, on_version: int, policy: Mapping[str, Any], by: str, at: int
) -> bool:
    """Put a new version in the place of `on_version`; False if somebody changed it since."""
    old = conn.execute(select(sites).where(sites.c.id == site_id)).one()
    text = json.dumps(policy, ensure_ascii=False, separators=(",", ":"))
    done = conn.execute(
        update(sites)
        .where(sites.c.id == site_id, sites.c.policy_version == on_version)
        .values(policy=text, policy_version=on_version + 1)
    )
    if done.rowcount != 1:
        return False
    if version(conn, site_id, on_version) is None:  # it was never changed at the desk before
        _keep(conn, site_id, on_version, old.policy, "system", old.created_at)
    _keep(conn, site_id, on_version + 1, text, by, at)
    return True


def _keep(conn: Connection, site_id: str, number: int, policy: str, by: str, at: int) -> None:
    row = {"site_id": site_id, "version": number, "policy": policy, "changed_by": by, "created_at": at}
    conn.execute(insert(site_policies), row)


def version(conn: Connection, site_id: str, number: int) -> Record | None:
    return conn.execute(
        select(site_policies).where(site_policies.c.site_id == site_id, site_policies.c.version == number)
    ).one_or_none()


def versions(conn: Connection, site_id: str) -> list[Record]:
    """The newest first, with the name of who made each."""
    return list(
        conn.execute(
            select(site_policies, moderators.c.name.label("changed_by_name"))
            .outerjoin(moderators, site_policies.c.changed_by == "moderator:" + moderators.c.id)
            .where(site_policies.c.site_id == site_id)
            .order_by(site_policies.c.version.desc())
            .limit(SHOWN)
        )
    )


def threads_apart(conn: Connection, site_id: str, *, limit: int = 50) -> list[Record]:
    """Threads that are closed by hand or have a policy of their own, newest first."""
    apart = threads.c.policy.is_not(None) | ~threads.c.open
    found = select(threads).where(threads.c.site_id == site_id, apart).order_by(threads.c.id.desc())
    return list(conn.execute(found.limit(limit)))


def set_thread(conn: Connection, thread_id: str, *, policy: str | None, is_open: bool) -> None:
    """The version goes up as well: a page that shows the form must learn that it is closed."""
    conn.execute(
        update(threads)
        .where(threads.c.id == thread_id)
        .values(policy=policy, open=is_open, version=threads.c.version + 1)
    )
