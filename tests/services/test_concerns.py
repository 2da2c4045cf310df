"""Escalations, their answers, and notes: what moderators ask and tell each other."""

import pytest

from moderation.domain.comment import State
from moderation.services import claim, escalate, preferences, review, take_note
from moderation.services.preferences import KEYS, BadKeys, Preferences
from moderation.services.review import Decide, Decided
from moderation.storage import desk_queries
from moderation.storage.reading import reading
from moderation.storage.schema import sites
from moderation.wiring import Wiring
from tests.support import moderating as desk


def in_view(wiring: Wiring, view: str, comment_id: str) -> bool:
    with wiring.database.read() as conn:
        return desk_queries.is_in(conn, view, comment_id)


def test_an_escalated_comment_waits_for_a_lead_and_comes_back_with_the_answer(wiring: Wiring) -> None:
    ines, lena = desk.moderator(wiring), desk.moderator(wiring, "Lena", role="lead")
    first, second = desk.queue(wiring, ["The mayor is a clown.", "Another clown."])
    assert escalate.escalate(wiring, ines.id, first, "Is this libel?")
    assert not in_view(wiring, "pending", first) and in_view(wiring, "escalated", first)
    taken = claim.claim_next(wiring, ines.id, "pending")
    assert taken is not None and taken.comment_id == second
    assert escalate.answer(wiring, lena.id, first, "No, it is an opinion.")
    assert in_view(wiring, "pending", first) and not in_view(wiring, "escalated", first)
    with wiring.database.read() as conn:
        found = reading(conn, first)
    assert found is not None
    assert [(each.text, each.answer, each.raiser) for each in found.concerns] == [
        ("Is this libel?", "No, it is an opinion.", "Ines")
    ]
    assert not escalate.answer(wiring, lena.id, first, "twice")


def test_a_decision_settles_what_was_asked_and_its_undo_opens_it_again(wiring: Wiring) -> None:
    ines, lena = desk.moderator(wiring), desk.moderator(wiring, "Lena", role="lead")
    comment_id = desk.comment(wiring)
    escalate.escalate(wiring, ines.id, comment_id, "What now?")
    done = review.decide(
        wiring,
        Decide(lena.id, comment_id, 1, State.REJECTED, for_team="He does this weekly.", for_author="Please be civil."),
    )
    assert isinstance(done, Decided) and not in_view(wiring, "escalated", comment_id)
    with wiring.database.read() as conn:
        found = reading(conn, comment_id)
    assert found is not None and found.texts is not None
    assert (found.texts.for_team, found.texts.for_author) == ("He does this weekly.", "Please be civil.")
    review.undo(wiring, lena.id, done.decision_id)
    assert in_view(wiring, "escalated", comment_id) and not in_view(wiring, "pending", comment_id)


def test_notes_stand_beside_the_comment_and_beside_all_of_its_author(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    first, second = desk.comment(wiring), desk.comment(wiring, "Another clown.")
    take_note.take_note(wiring, ines.id, first, "Seen before.", on_author=False)
    take_note.take_note(wiring, ines.id, first, "Writes every day.", on_author=True)
    with wiring.database.read() as conn:
        told = {one: [(note.text, note.writer) for note in reading(conn, one).notes] for one in (first, second)}  # type: ignore[union-attr]
    assert told[first] == [("Writes every day.", "Ines"), ("Seen before.", "Ines")]
    assert told[second] == [("Writes every day.", "Ines")]


def test_a_claim_lasts_as_long_as_the_sites_policy_says(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    desk.comment(wiring)
    taken = claim.claim_next(wiring, ines.id, "pending")
    assert taken is not None and taken.until - taken.claimed_at == 5 * 60_000_000
    wiring.database.write(lambda conn: conn.execute(sites.update().values(policy='{"claim_minutes": 2}')))
    wiring.sites.forget()
    taken = claim.claim_next(wiring, ines.id, "pending")
    assert taken is not None and taken.until - taken.claimed_at == 2 * 60_000_000


def test_the_comment_after_is_held_too_but_never_the_last_free_one(wiring: Wiring) -> None:
    ines, omar = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    first, second, third = desk.queue(wiring, ["One clown.", "Two clowns.", "Three clowns."])
    current, following = claim.claim_after(wiring, ines.id, "pending", first)
    assert current is not None and following is not None and following.comment_id == second
    his = claim.claim_next(wiring, omar.id, "pending")
    assert his is not None and his.comment_id == third
    claim.release(wiring, omar.id, third)
    review.decide(wiring, Decide(ines.id, first, 1, State.APPROVED))
    current, following = claim.claim_after(wiring, ines.id, "pending", second)
    assert current is not None and following is None
    assert claim.claim_after(wiring, omar.id, "pending", second) == (None, None)


def test_keys_are_one_character_and_each_has_its_own(wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    assert preferences.of(wiring, ines.id).keys == KEYS
    preferences.keep(wiring, ines.id, Preferences({**KEYS, "approve": "g"}, mask=True, break_after=20))
    kept = preferences.of(wiring, ines.id)
    assert (kept.keys["approve"], kept.mask, kept.break_after) == ("g", True, 20)
    for wrong in ("r", "", "ab", "1", " "):
        with pytest.raises(BadKeys):
            preferences.keep(wiring, ines.id, Preferences({**KEYS, "approve": wrong}))
    assert preferences.of(wiring, ines.id).keys["approve"] == "g"
