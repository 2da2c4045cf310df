"""Change a site's policy, or one thread's: a new version, an event with before and after, and a way back."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from moderation.domain import policy_settings
from moderation.domain.policy_settings import EDITED
from moderation.storage import audit, site_policies, sites, threads

if TYPE_CHECKING:
    from moderation.wiring import Wiring


class Outdated(Exception):
    """Somebody changed the policy since it was read; nothing was stored."""


class NotThere(Exception):
    """There is no such site, version or thread."""


def effective(wiring: "Wiring", own: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting that the desk shows, a site's own values over the defaults."""
    values = {**wiring.sites.defaults(), **own}
    return {name: values.get(name) for name in EDITED}


def own_values(wiring: "Wiring", row_policy: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored: what the site had, changed by what was chosen; a default is not written down.

    So a default that a later version of this program improves improves the sites that never chose.
    """
    defaults, own = wiring.sites.defaults(), dict(json.loads(row_policy))
    for name in EDITED:
        if name not in chosen:
            continue
        own.pop(name, None)
        if chosen[name] != defaults.get(name):
            own[name] = chosen[name]
    return own


def change(wiring: "Wiring", site_id: str, chosen: Mapping[str, Any], *, on_version: int, by: str) -> int:
    """The new version's number. Raises Outdated, NotThere."""
    return _store(wiring, site_id, on_version, by, "policy.changed", lambda row: own_values(wiring, row.policy, chosen))


def take_back(wiring: "Wiring", site_id: str, *, to_version: int, on_version: int, by: str) -> int:
    """The values of an earlier version again, as a new one. Raises Outdated, NotThere."""
    with wiring.database.read() as conn:
        earlier = site_policies.version(conn, site_id, to_version)
    if earlier is None:
        raise NotThere
    return _store(wiring, site_id, on_version, by, "policy.taken_back", lambda _row: json.loads(earlier.policy))


def _store(wiring: "Wiring", site_id: str, on_version: int, by: str, action: str, made: Any) -> int:
    now = wiring.clock.now_us()

    def work(conn: Connection) -> int:
        row = next((row for row in sites.all_sites(conn) if row.id == site_id), None)
        if row is None:
            raise NotThere
        own = made(row)
        if not site_policies.change(conn, site_id, on_version=on_version, policy=own, by=by, at=now):
            raise Outdated
        changed = policy_settings.changes(effective(wiring, json.loads(row.policy)), effective(wiring, own))
        audit.record(
            conn, actor=by, action=action, subject=f"site:{site_id}", at=now, site_id=site_id,
            details={"version": on_version + 1, **changed},
        )  # fmt: skip
        return on_version + 1

    version = wiring.database.write(work)
    wiring.sites.forget()  # other processes notice within two seconds
    return version


def set_thread(
    wiring: "Wiring", site_id: str, url: str, *, mode: str, hold_first_time_authors: bool, is_open: bool, by: str
) -> None:
    """`mode` empty: as the site. Raises NotThere."""
    now = wiring.clock.now_us()
    own: dict[str, Any] = {"mode": mode} if mode else {}
    if hold_first_time_authors:
        own["hold_first_time_authors"] = True

    def work(conn: Connection) -> None:
        row = threads.find(conn, site_id, url)
        if row is None:
            raise NotThere
        before = {**(json.loads(row.policy) if row.policy else {}), "open": row.open}
        site_policies.set_thread(conn, row.id, policy=json.dumps(own) if own else None, is_open=is_open)
        audit.record(
            conn, actor=by, action="policy.thread", subject=f"thread:{row.id}", at=now, site_id=site_id,
            details={"before": before, "after": {**own, "open": is_open}},
        )  # fmt: skip

    wiring.database.write(work)
