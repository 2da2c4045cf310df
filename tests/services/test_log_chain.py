"""The log's chain: what was written is whole, and no edit of the tables goes unseen."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from moderation.domain.log_chain import Head, read_head
from moderation.services import seal_log, verify_log
from moderation.storage import audit, log_seals
from moderation.storage.ids import lowest_id, new_id
from moderation.storage.schema import audit_events, audit_seals
from moderation.wiring import Wiring

EVENTS = 40
BEGAN = 1_760_000_000_000_000
LATER = BEGAN + 3_600_000_000
COLUMNS = ("id", "site_id", "actor", "action", "subject", "details", "created_at")


def write(wiring: Wiring, number: int, *, since: int = BEGAN) -> None:
    def work(conn: Connection) -> None:
        for place in range(number):
            audit.record(
                conn, actor=f"moderator:{place % 3}", action="comment.moderator", subject=f"comment:{place}",
                at=since + place * 1_000_000, site_id="a" * 26 if place % 2 else None, details={"to": place},
            )  # fmt: skip

    wiring.database.write(work)


def checked(conn: Connection, wiring: Wiring, *heads: Head) -> list[str]:
    return verify_log.check(conn, wiring.vault.log_key(), heads, now=LATER).faults


def allow_changes(conn: Connection) -> None:
    """As somebody would who may do anything in the database."""
    for table in ("audit_events", "audit_seals"):
        if conn.dialect.name == "sqlite":
            for verb in ("update", "delete"):
                conn.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        else:
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_what_was_sealed_is_whole(wiring: Wiring) -> None:
    write(wiring, EVENTS)
    assert seal_log.run(wiring) == EVENTS
    assert seal_log.run(wiring) == 0
    found = verify_log.verify(wiring)
    assert (found.events, found.faults) == (EVENTS, [])
    assert found.head is not None and found.head.number == EVENTS
    assert read_head(str(found.head)) == found.head == seal_log.kept_head(wiring)
    write(wiring, 5, since=BEGAN + 90_000_000)
    seal_log.run(wiring)
    assert verify_log.verify(wiring, [found.head]).faults == []


def test_an_event_committed_late_is_sealed_behind_the_newest(wiring: Wiring) -> None:
    write(wiring, 3)
    seal_log.run(wiring)
    write(wiring, 1, since=BEGAN - 5_000_000)
    assert seal_log.run(wiring) == 1
    write(wiring, 1, since=BEGAN - 3_600_000_000)
    assert seal_log.run(wiring) == 0
    assert "has no seal" in verify_log.verify(wiring).faults[0]
    assert seal_log.run_far_back(wiring) == 1
    assert verify_log.verify(wiring).faults == []


def test_the_database_refuses_to_change_the_log(wiring: Wiring) -> None:
    write(wiring, 2)
    seal_log.run(wiring)
    changes = [
        update(audit_events).values(actor="nobody"), delete(audit_events), update(audit_seals).values(hash="x"),
        delete(audit_seals),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(DBAPIError, match="only added to"):
            wiring.database.write(lambda conn, change=change: conn.execute(change))
    assert verify_log.verify(wiring).events == 2


Edit = Callable[[Connection, random.Random], None]


def _some_event(conn: Connection, chance: random.Random):  # type: ignore[no-untyped-def]
    place = chance.randrange(EVENTS)
    return conn.execute(select(audit_events).order_by(audit_events.c.id).offset(place).limit(1)).one()


def _number(chance: random.Random) -> int:
    return chance.randint(1, EVENTS)


def change_a_column(conn: Connection, chance: random.Random) -> None:
    row = _some_event(conn, chance)
    column = chance.choice(COLUMNS)
    value = getattr(row, column)
    other: object
    if isinstance(value, int):
        other = value + chance.choice([-1, 1, 60_000_000])
    elif value is None:
        other = "b" * 26
    else:
        place = chance.randrange(len(value))
        other = value[:place] + chr((ord(value[place]) - 32 + chance.randint(1, 90)) % 95 + 32) + value[place + 1 :]
    conn.execute(update(audit_events).where(audit_events.c.id == row.id).values({column: other}))


def change_one_bit_of_a_hash(conn: Connection, chance: random.Random) -> None:
    number = _number(chance)
    old = conn.execute(select(audit_seals.c.hash).where(audit_seals.c.number == number)).scalar_one()
    place = chance.randrange(64)
    new = old[:place] + format(int(old[place], 16) ^ 1 << chance.randrange(4), "x") + old[place + 1 :]
    conn.execute(update(audit_seals).where(audit_seals.c.number == number).values(hash=new))


def delete_an_event(conn: Connection, chance: random.Random) -> None:
    conn.execute(delete(audit_events).where(audit_events.c.id == _some_event(conn, chance).id))


def delete_a_seal(conn: Connection, chance: random.Random) -> None:
    conn.execute(delete(audit_seals).where(audit_seals.c.number == _number(chance)))


def delete_both(conn: Connection, chance: random.Random) -> None:
    number = _number(chance)
    event_id = conn.execute(select(audit_seals.c.event_id).where(audit_seals.c.number == number)).scalar_one()
    conn.execute(delete(audit_events).where(audit_events.c.id == event_id))
    conn.execute(delete(audit_seals).where(audit_seals.c.number == number))


def cut_off_the_end(conn: Connection, chance: random.Random) -> None:
    number = _number(chance)
    gone = select(audit_seals.c.event_id).where(audit_seals.c.number >= number)
    conn.execute(delete(audit_events).where(audit_events.c.id.in_(gone)))
    conn.execute(delete(audit_seals).where(audit_seals.c.number >= number))


def put_one_in(conn: Connection, chance: random.Random) -> None:
    at = BEGAN + chance.randrange(EVENTS * 1_000_000)
    row = {"id": new_id(at), "site_id": None, "actor": "moderator:1", "action": "comment.moderator",
           "subject": "comment:1", "details": "{}", "created_at": at}  # fmt: skip
    conn.execute(insert(audit_events), row)


def swap_what_two_say(conn: Connection, chance: random.Random) -> None:
    one, other = _some_event(conn, chance), _some_event(conn, chance)
    if one.id == other.id:
        return change_a_column(conn, chance)
    for row, said in ((one, other), (other, one)):
        conn.execute(
            update(audit_events).where(audit_events.c.id == row.id).values(actor=said.actor, details=said.details)
        )
    return None


def swap_two_hashes(conn: Connection, chance: random.Random) -> None:
    one, other = chance.sample(range(1, EVENTS + 1), 2)
    hashes = {row.number: row.hash for row in conn.execute(select(audit_seals))}
    for number, digest in ((one, hashes[other]), (other, hashes[one])):
        conn.execute(update(audit_seals).where(audit_seals.c.number == number).values(hash=digest))


def renumber_the_end(conn: Connection, chance: random.Random) -> None:
    conn.execute(update(audit_seals).where(audit_seals.c.number == EVENTS).values(number=EVENTS + _number(chance)))


EDITS: tuple[Edit, ...] = (
    change_a_column, change_one_bit_of_a_hash, delete_an_event, delete_a_seal, delete_both, cut_off_the_end,
    put_one_in, swap_what_two_say, swap_two_hashes, renumber_the_end,
)  # fmt: skip


@contextmanager
def tried(wiring: Wiring) -> Iterator[Connection]:
    """A connection whose changes are rolled back."""
    with wiring.database.engine.connect() as conn:
        allow_changes(conn)
        yield conn
        conn.rollback()


def every_edit_is_found(wiring: Wiring, number: int) -> None:
    write(wiring, EVENTS)
    seal_log.run(wiring)
    head, chance = seal_log.kept_head(wiring), random.Random(20261125)
    assert head is not None
    unseen = []
    with tried(wiring) as conn:
        assert checked(conn, wiring, head) == []
        for count in range(number):
            edit = EDITS[count % len(EDITS)]
            with conn.begin_nested() as once:
                edit(conn, chance)
                if not checked(conn, wiring, head):
                    unseen.append((count, edit.__name__))
                once.rollback()
        assert checked(conn, wiring, head) == []
    assert not unseen


def test_every_edit_is_found(wiring: Wiring) -> None:
    every_edit_is_found(wiring, 300)


@pytest.mark.long
def test_ten_thousand_edits_are_found(wiring: Wiring) -> None:
    every_edit_is_found(wiring, 10_000)


def test_who_has_the_tables_and_not_the_key_cannot_make_them_fit(wiring: Wiring) -> None:
    write(wiring, EVENTS)
    seal_log.run(wiring)
    with tried(wiring) as conn:
        conn.execute(update(audit_events).values(actor="moderator:9"))
        conn.execute(delete(audit_seals))
        from moderation.domain.log_chain import START, seal

        previous, seals = START, []
        events = log_seals.unsealed(conn, since_id="", before_id=lowest_id(LATER), limit=EVENTS)
        for number, event in enumerate(events, 1):
            previous = seal(b"guessed", previous, number, event)
            seals.append((number, event.id, previous))
        log_seals.add(conn, seals)
        assert checked(conn, wiring)
