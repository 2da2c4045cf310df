"""The hot path's statements keep what SQLAlchemy's own have: transactions, named rows, errors that quote nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from moderation.storage.database import Unavailable
from moderation.storage.schema import heartbeats
from moderation.storage.statements import Statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from moderation.wiring import Wiring

ADD = Statement(insert(heartbeats), columns=heartbeats.c.keys())
FIND = Statement(select(heartbeats).where(heartbeats.c.name == bindparam("name")))
LATER = Statement(
    update(heartbeats).where(heartbeats.c.name == bindparam("on")).values(beat_at=heartbeats.c.beat_at + 5)
)


def add(conn: Connection) -> None:
    ADD.run(conn, {"name": "clock", "beat_at": 1})


def test_rows_have_names_and_constants_of_the_statement_are_kept(wiring: Wiring) -> None:
    wiring.database.write(add)
    assert wiring.database.write(lambda conn: LATER.run(conn, {"on": "clock"})) == 1
    with wiring.database.glance() as conn:
        row = FIND.one_or_none(conn, {"name": "clock"})
        assert FIND.one_or_none(conn, {"name": "nobody"}) is None
    assert row is not None
    assert (row.name, row.beat_at) == ("clock", 6)


def test_what_fails_is_rolled_back_with_all_of_its_transaction(wiring: Wiring) -> None:
    def work(conn: Connection) -> None:
        add(conn)
        raise ValueError("after the fact")

    with pytest.raises(ValueError, match="after the fact"):
        wiring.database.write(work)
    with wiring.database.glance() as conn:
        assert FIND.all(conn, {"name": "clock"}) == []


def test_a_broken_rule_is_told_as_sqlalchemy_does_and_quotes_no_value(wiring: Wiring) -> None:
    wiring.database.write(add)
    with pytest.raises(IntegrityError) as told:
        wiring.database.write(add)
    assert "clock" not in str(told.value).split("DETAIL")[0]


def test_after_a_cut_connection_the_next_glance_gets_a_new_one(wiring: Wiring) -> None:
    if wiring.database.is_sqlite:
        pytest.skip("a file has no connection to cut")
    wiring.database.write(add)
    with wiring.database.glance() as conn:
        FIND.all(conn, {"name": "clock"})
    with wiring.database.glance() as one, wiring.database.glance() as other:
        for conn in (one, other):
            FIND.all(conn, {"name": "clock"})
    with wiring.database.engine.connect() as killer:
        killer.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(Unavailable), wiring.database.glance() as conn:
        FIND.all(conn, {"name": "clock"})
    with wiring.database.glance() as conn:
        assert FIND.one_or_none(conn, {"name": "clock"}) is not None
