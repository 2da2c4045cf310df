"""Keys for other programs: one belongs to one site, is shown once, and can be taken back.

Twelve lower-case hexadecimal characters: what Akismet's plugin insists on, and a valid label of a host name.
"""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import Connection

from moderation.domain.site import Site
from moderation.storage import api_keys, audit
from moderation.storage.database import Database
from moderation.storage.ids import is_id, new_id
from moderation.storage.rows import Record
from moderation.storage.vault import Vault

if TYPE_CHECKING:
    from moderation.wiring import Wiring

KEY = re.compile(r"[0-9a-f]{12}")
REMEMBERED_S = 2.0
MOST_REMEMBERED = 10_000
MOST_NAME = 80
log = structlog.get_logger(__name__)
LookUp = Callable[[Connection, str], Record | None]


@dataclass(frozen=True, slots=True)
class Key:
    """A key that works, and the site for which it speaks."""

    id: str
    site_id: str
    site_key: str
    name: str
    coral_secret: str | None


class Keys:
    """Look keys up; each process remembers them for a moment, since every request asks."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._known: dict[str, tuple[float, Key | None]] = {}

    def find(self, key: str) -> Key | None:
        return self._find(key, api_keys.by_digest, self._vault.key_digest(key)) if KEY.fullmatch(key) else None

    def by_id(self, id: str) -> Key | None:
        return self._find(id, api_keys.by_id, id) if is_id(id) else None

    def _find(self, asked: str, look_up: LookUp, value: str) -> Key | None:
        known = self._known.get(asked)
        if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        with self._database.glance() as conn:
            row = look_up(conn, value)
        found = self._key(row) if row is not None else None
        if len(self._known) > MOST_REMEMBERED:  # keys that do not exist are anybody's to invent
            self._known.clear()
        self._known[asked] = (time.monotonic(), found)
        return found

    def _key(self, row: Record) -> Key:
        secret = None
        if row.coral_secret_sealed:
            try:
                secret = self._vault.open(row.coral_secret_sealed)
            except InvalidToken:
                # Without the key in EMAIL_KEYS that sealed it nobody's signature can be checked: all are refused.
                log.error("key.secret_lost", key=row.id)
        return Key(row.id, row.site_id, row.site_key, row.name, secret)


@dataclass(frozen=True, slots=True)
class Made:
    id: str
    key: str


def add_key(wiring: "Wiring", site: Site, *, name: str, by: str, coral_secret: str | None = None) -> Made:
    """A new key for this site. It is in the answer and nowhere else."""
    now, key = wiring.clock.now_us(), secrets.token_hex(6)
    made = Made(new_id(now), key)
    row = {
        "id": made.id, "site_id": site.id, "digest": wiring.vault.key_digest(key), "ends_with": key[-2:],
        "name": " ".join(name.split())[:MOST_NAME], "created_by": by, "created_at": now, "revoked_at": None,
        "coral_secret_sealed": wiring.vault.seal(coral_secret) if coral_secret else None,
    }  # fmt: skip

    def work(conn: Connection) -> None:
        api_keys.add(conn, row)
        audit.record(conn, actor=by, action="key.added", subject=f"key:{made.id}", site_id=site.id, at=now)

    wiring.database.write(work)
    return made


def revoke_key(wiring: "Wiring", id: str, *, by: str) -> bool:
    """False if there is no such key any more. Every process has forgotten it within two seconds."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> bool:
        if not api_keys.revoke(conn, id, at=now):
            return False
        audit.record(conn, actor=by, action="key.revoked", subject=f"key:{id}", at=now)
        return True

    return wiring.database.write(work)


def all_keys(wiring: "Wiring") -> list[Record]:
    with wiring.database.read() as conn:
        return api_keys.listed(conn)
