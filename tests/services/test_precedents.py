"""What moderators decided is shown beside similar comments, as long as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.domain.comment import State
from moderation.services import look_again, precedents
from moderation.services.precedents import PrecedentMemory
from moderation.services.sites import add_site
from tests.services.looking import codes, decide_as_moderator, finding, held, looks, post

if TYPE_CHECKING:
    from moderation.wiring import Wiring

RUDE = "Only a complete fool from the outer suburbs would want the bus stop moved."
RUDE_AGAIN = "Only complete fools from the outer suburbs want the bus stop moved!"
CAKE = "My grandmother's recipe for plum cake takes half the sugar and twice the plums."


def test_a_similar_comment_that_was_decided_is_shown_but_decides_nothing(wiring: Wiring) -> None:
    first, other = held(wiring, RUDE), held(wiring, CAKE)
    decide_as_moderator(wiring, first, State.REJECTED)
    decide_as_moderator(wiring, other, State.APPROVED)
    similar = held(wiring, RUDE_AGAIN)
    assert look_again.run(wiring, [similar], PrecedentMemory(wiring)) == {"pending": 1}
    evidence = finding(looks(wiring, similar)[-1], "precedent")
    assert (evidence["comment_id"], evidence["verdict"]) == (first, "rejected")
    assert evidence["similarity"] > 0.6
    assert codes(looks(wiring, similar)[-1]).count("precedent") == 1


def test_a_memory_learns_what_is_decided_and_unlearns_what_is_taken_back(wiring: Wiring) -> None:
    memory = PrecedentMemory(wiring)
    first = held(wiring, RUDE)
    site_id = _site_id(wiring)
    assert memory.findings(site_id, [RUDE_AGAIN]) == [[]]
    decide_as_moderator(wiring, first, State.REJECTED)
    assert _verdicts(memory, site_id) == ["rejected"]
    decide_as_moderator(wiring, first, State.PENDING)
    assert _verdicts(memory, site_id) == []
    decide_as_moderator(wiring, first, State.SPAM)
    assert _verdicts(memory, site_id) == ["spam"]


def test_machines_decisions_are_no_precedents(wiring: Wiring) -> None:
    from tests.services.looking import Scorer, with_scorer

    post(with_scorer(wiring, Scorer(0.99)), RUDE)
    assert PrecedentMemory(wiring).findings(_site_id(wiring), [RUDE_AGAIN]) == [[]]


def test_a_site_has_only_its_own_precedents(wiring: Wiring) -> None:
    other = add_site(wiring.database, key="other", name="Other", origins=[], now=wiring.clock.now_us())
    decide_as_moderator(wiring, held(wiring, RUDE), State.REJECTED)
    memory = PrecedentMemory(wiring)
    assert memory.findings(other, [RUDE_AGAIN]) == [[]]
    assert _verdicts(memory, _site_id(wiring)) == ["rejected"]


def test_of_many_decisions_the_newest_are_remembered(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedents, "REMEMBERED", 3)
    oldest = held(wiring, RUDE)
    decide_as_moderator(wiring, oldest, State.REJECTED)
    memory = PrecedentMemory(wiring)
    assert _verdicts(memory, _site_id(wiring)) == ["rejected"]
    for _ in range(3):
        decide_as_moderator(wiring, held(wiring), State.APPROVED)
    assert _verdicts(memory, _site_id(wiring)) == []
    assert _verdicts(PrecedentMemory(wiring), _site_id(wiring)) == []


def _site_id(wiring: Wiring) -> str:
    site = wiring.sites.by_key("demo")
    assert site is not None
    return site.id


def _verdicts(memory: PrecedentMemory, site_id: str) -> list[str]:
    (found,) = memory.findings(site_id, [RUDE_AGAIN])
    return [one.evidence["verdict"] for one in found]
