"""Seal every address again with the first key, so that an old key can be thrown away."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.storage import api_keys, authors, second_factors

if TYPE_CHECKING:
    from moderation.wiring import Wiring

AT_ONCE = 200


def reseal(wiring: "Wiring") -> Iterator[int]:
    """Yields how many were sealed again, batch by batch. May be stopped and started over at any time."""
    _reseal_second_factors(wiring)
    _reseal_coral_secrets(wiring)
    last = ""
    while True:
        with wiring.database.read() as conn:
            rows = authors.sealed_after(conn, last, limit=AT_ONCE)
        if not rows:
            return
        sealed = [(row.id, row.email_sealed, wiring.vault.reseal(row.email_sealed)) for row in rows]

        def store(conn: Connection, sealed: list[tuple[str, str, str]] = sealed) -> None:
            for author_id, old, new in sealed:
                authors.reseal(conn, author_id, old=old, new=new)

        wiring.database.write(store)
        last = rows[-1].id
        yield len(rows)


def _reseal_second_factors(wiring: "Wiring") -> None:
    with wiring.database.read() as conn:
        rows = second_factors.sealed_secrets(conn)
    fresh = [(moderator_id, old, wiring.vault.reseal(old)) for moderator_id, old in rows]

    def store(conn: Connection) -> None:
        for moderator_id, old, new in fresh:
            second_factors.reseal(conn, moderator_id, old=old, new=new)

    wiring.database.write(store)


def _reseal_coral_secrets(wiring: "Wiring") -> None:
    with wiring.database.read() as conn:
        rows = [row for row in api_keys.listed(conn) if row.coral_secret_sealed]
    fresh = [(row.id, row.coral_secret_sealed, wiring.vault.reseal(row.coral_secret_sealed)) for row in rows]

    def store(conn: Connection) -> None:
        for key_id, old, new in fresh:
            api_keys.reseal(conn, key_id, old=old, new=new)

    wiring.database.write(store)
