"""The seals of the log: which event stands at which place of the chain, and its hash."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, insert, select, text

from moderation.domain.log_chain import Event, Head
from moderation.storage.schema import audit_events, audit_seals

# Any number, as long as nothing else here uses it.
_TURN = 717_214
_EVENT = (
    audit_events.c.id, audit_events.c.site_id, audit_events.c.actor, audit_events.c.action, audit_events.c.subject,
    audit_events.c.details, audit_events.c.created_at,
)  # fmt: skip


def take_turn(conn: Connection) -> bool:
    """One process seals at a time, until its transaction ends; SQLite has one writer anyway."""
    if conn.dialect.name != "postgresql":
        return True
    return bool(conn.execute(text("SELECT pg_try_advisory_xact_lock(:turn)"), {"turn": _TURN}).scalar_one())


def head(conn: Connection) -> Head | None:
    row = conn.execute(
        select(audit_seals.c.number, audit_seals.c.hash).order_by(audit_seals.c.number.desc()).limit(1)
    ).one_or_none()
    return Head(row.number, row.hash) if row is not None else None


def newest_event(conn: Connection) -> str | None:
    """The event at the end of the chain."""
    found: str | None = conn.execute(
        select(audit_seals.c.event_id).order_by(audit_seals.c.number.desc()).limit(1)
    ).scalar_one_or_none()
    return found


def unsealed(conn: Connection, *, since_id: str, before_id: str, limit: int) -> list[Event]:
    """Events between these ids that have no seal, oldest first."""
    found = conn.execute(
        select(*_EVENT)
        .outerjoin(audit_seals, audit_seals.c.event_id == audit_events.c.id)
        .where(audit_events.c.id >= since_id, audit_events.c.id < before_id, audit_seals.c.number.is_(None))
        .order_by(audit_events.c.id)
        .limit(limit)
    )
    return [Event(*row) for row in found]


def add(conn: Connection, seals: Sequence[tuple[int, str, str]]) -> None:
    """(number, event, hash) each."""
    rows = [{"number": number, "event_id": event_id, "hash": digest} for number, event_id, digest in seals]
    if rows:
        conn.execute(insert(audit_seals), rows)


def chain(conn: Connection, *, after: int, limit: int) -> list[tuple[int, str, str, Event | None]]:
    """The next links: number, the event's id, hash, and the event, None if it is gone."""
    rows = conn.execute(
        select(audit_seals.c.number, audit_seals.c.event_id, audit_seals.c.hash, *_EVENT)
        .outerjoin(audit_events, audit_events.c.id == audit_seals.c.event_id)
        .where(audit_seals.c.number > after)
        .order_by(audit_seals.c.number)
        .limit(limit)
    )
    links: list[tuple[int, str, str, Event | None]] = []
    for number, event_id, digest, *said in rows:
        links.append((number, event_id, digest, Event(*said) if said[0] is not None else None))
    return links


def left_over(conn: Connection, *, before_id: str, limit: int) -> list[str]:
    """Events without a seal that are old enough to have one."""
    return [event.id for event in unsealed(conn, since_id="", before_id=before_id, limit=limit)]


def with_hashes(conn: Connection, event_ids: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    found = select(audit_seals.c.event_id, audit_seals.c.number, audit_seals.c.hash)
    for row in conn.execute(found.where(audit_seals.c.event_id.in_(list(event_ids)))):
        yield row.event_id, row.number, row.hash
