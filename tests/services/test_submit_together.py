"""Comments that come at the same time are taken together, and each is answered as if it had come alone."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from moderation.checks.context import Form
from moderation.domain.comment import State
from moderation.services.submission import Refused, SubmitComment, Submitted
from moderation.services.submit import submit, submit_all
from moderation.storage.schema import authors, comments, decisions, outbox, revisions, threads
from tests.services.looking import Scorer, a_text, with_scorer
from tests.support.settings import SITE

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def command(wiring: Wiring, number: int, **given: object) -> SubmitComment:
    site = wiring.sites.by_key(SITE)
    assert site is not None
    made = SubmitComment(
        site=site, thread_url=f"http://news.test/{number % 3}", thread_title="A page", name=f"Reader {number}",
        email=f"reader{number}@example.org", website="", text=a_text(number), parent=None,
        network_address="192.0.2.1", form=Form(age_s=30.0, token="ok"), idempotency_key=f"key-{number}",
    )  # fmt: skip
    return replace(made, **given)  # type: ignore[arg-type]


def counted(wiring: Wiring, table: object) -> int:
    with wiring.database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_what_is_stored_together_is_what_is_stored_one_by_one(wiring: Wiring) -> None:
    calm = with_scorer(wiring, Scorer(0.05))
    for round_ in (0, 20):  # new authors and pages first, then known ones
        outcomes = submit_all(
            calm, [command(wiring, n, text=a_text(n + round_), idempotency_key=f"{n}-{round_}") for n in range(8)]
        )
        assert all(isinstance(outcome, Submitted) for outcome in outcomes), outcomes
    single = submit(calm, command(wiring, 0, text=a_text(99), idempotency_key="alone"))
    assert single.state is State.APPROVED
    assert [counted(wiring, table) for table in (comments, revisions, decisions)] == [17, 17, 17]
    with wiring.database.read() as conn:
        tallies = conn.execute(
            select(authors.c.posted, authors.c.approved, authors.c.burst).order_by(authors.c.id)
        ).all()
        shown = conn.execute(select(func.sum(threads.c.approved), func.count())).one()
    assert sorted(tuple(row) for row in tallies) == [(2, 2, 2)] * 7 + [(3, 3, 3)]
    assert tuple(shown) == (17, 3)


def test_one_that_is_refused_or_breaks_costs_the_others_nothing(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.services import submit_rows

    real = submit_rows.comment_row

    def broken(ready: submit_rows.Ready, *ids: str) -> dict[str, object]:
        row = real(ready, *ids)
        return row | {"state": None} if ready.arrival.command.name == "Broken" else row

    monkeypatch.setattr(submit_rows, "comment_row", broken)
    outcomes = submit_all(
        with_scorer(wiring, Scorer(0.05, poison="poison")),
        [
            command(wiring, 1),
            command(wiring, 2, name="Broken"),
            command(wiring, 3, parent="0" * 26),
            command(wiring, 4, text=f"{a_text(4)} poison"),
            command(wiring, 5),
        ],
    )
    first, second, third, fourth, fifth = outcomes
    assert isinstance(first, Submitted) and isinstance(fifth, Submitted)
    assert isinstance(second, Exception) and not isinstance(second, Refused)
    assert isinstance(third, Refused) and third.fact == "parent_elsewhere"
    assert isinstance(fourth, Submitted) and fourth.state is State.PENDING
    assert counted(wiring, comments) == 3
    assert counted(wiring, outbox) == 1


def test_the_same_comment_twice_in_one_go_is_stored_once(wiring: Wiring) -> None:
    calm = with_scorer(wiring, Scorer(0.05))
    twice = command(wiring, 1, idempotency_key=None)
    outcomes = submit_all(calm, [twice, twice, command(wiring, 2), command(wiring, 2)])
    assert isinstance(outcomes[0], Submitted)
    assert isinstance(outcomes[1], Refused) and outcomes[1].fact == "repeated"
    assert isinstance(outcomes[3], Submitted) and outcomes[3].repeated
    assert outcomes[3].id == outcomes[2].id  # type: ignore[union-attr]
    assert counted(wiring, comments) == 2


def test_readers_who_come_at_once_each_get_their_own_answer(wiring: Wiring) -> None:
    calm, together = with_scorer(wiring, Scorer(0.05)), threading.Barrier(24)
    found: dict[int, Submitted] = {}

    def one(number: int) -> None:
        together.wait()
        found[number] = submit(calm, command(wiring, number))

    readers = [threading.Thread(target=one, args=(number,)) for number in range(24)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=30)
    with wiring.database.read() as conn:
        stored = dict(tuple(row) for row in conn.execute(select(revisions.c.comment_id, revisions.c.name)))
    assert {found[number].id: f"Reader {number}" for number in range(24)} == stored
