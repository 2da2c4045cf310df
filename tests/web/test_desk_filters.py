"""Filters by section and language, and how far back a search looks; in pages, deep links and kept filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from moderation.domain.comment import State
from moderation.services import comment_languages, decide_many, search
from moderation.services.decide_many import Chosen
from moderation.storage import bulk, reach, threads
from moderation.storage.narrowing import Narrowing
from tests.support import moderating as desk

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from moderation.wiring import Wiring

GERMAN = "Der Bürgermeister hat schon wieder alles versprochen und nichts davon gehalten, das ist doch ein Witz."
ENGLISH = "The mayor has promised everything once again and kept nothing of it, what a joke this town has become."


@pytest.fixture
def three(wiring: Wiring) -> dict[str, str]:
    found = {
        "german": desk.comment(wiring, GERMAN, name="Uwe B.", thread_url="http://news.test/sport/derby"),
        "english": desk.comment(wiring, ENGLISH, name="Walter K.", thread_url="http://news.test/City/vote"),
        "numbers": desk.comment(wiring, "12345 67890", name="Zoe N.", thread_url="http://news.test/contact"),
    }
    search.index(wiring)
    return found


def names(client: FlaskClient, address: str) -> set[str]:
    page = client.get(address)
    assert page.status_code == 200, address
    return {name for name in ("Uwe B.", "Walter K.", "Zoe N.") if name in page.get_data(as_text=True)}


def test_comments_are_found_by_section_and_by_language(
    wiring: Wiring, client: FlaskClient, three: dict[str, str]
) -> None:
    desk.signed_in(client, desk.moderator(wiring))
    for query, found in (
        ("section=sport", {"Uwe B."}),
        ("section=city", {"Walter K."}),
        ("section=-", {"Zoe N."}),
        ("section=nowhere", set()),
        ("language=de", {"Uwe B."}),
        ("language=en", {"Walter K."}),
        ("language=-", {"Zoe N."}),
        ("language=de&section=city", set()),
        ("language=de&q=witz", {"Uwe B."}),
    ):
        assert names(client, f"/desk/search?{query}") == found, query
        assert names(client, f"/desk/pending?{query}") == found, query
    page = client.get("/desk/search?section=sport").get_data(as_text=True)
    assert '<option selected>sport</option>' in page and "<option>city</option>" in page
    assert "section “sport”" in page
    desk.post(client, "/desk/filters", name="German sport", query="section=sport&language=de")
    page = client.get("/desk/search").get_data(as_text=True)
    assert "?section=sport&amp;language=de" in page
    preview = client.get("/desk/bulk?language=de&verdict=approve").get_data(as_text=True)
    assert "Approve 1 comments?" in preview and "German" in preview


def test_what_was_there_before_languages_were_told_is_told_later(wiring: Wiring, three: dict[str, str]) -> None:
    wiring.database.write(lambda conn: conn.execute(text("UPDATE search_entries SET language = NULL")))
    assert comment_languages.run(wiring) == 3 and comment_languages.run(wiring) == 0
    with wiring.database.read() as conn:
        told = dict(conn.execute(text("SELECT comment_id, language FROM search_entries")).all())
    assert told == {three["german"]: "de", three["english"]: "en", three["numbers"]: ""}


def test_words_are_found_although_the_detector_fails(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    desk.comment(wiring, ENGLISH)
    with monkeypatch.context() as patched:
        patched.setattr(comment_languages, "language_of", fails)
        assert search.index(wiring) == 1 and comment_languages.run(wiring) == 0
    assert comment_languages.run(wiring) == 1


def test_a_search_reaches_so_far_and_its_next_page_goes_on_from_there(wiring: Wiring) -> None:
    now = wiring.clock.now_us()
    ids = [
        desk.comment(wiring, f"The mayor is clown number {n}.", name=f"Reader{n} X", at=now - n * 60_000_000)
        for n in range(9)
    ]
    site_id, found, before, reaches = desk.site(wiring).id, [], None, []
    with wiring.database.read() as conn:
        in_order = [place.id for place in bulk.newest(conn, bulk.matching(conn, [site_id], "", Narrowing()).where,
                                                      limit=20)]  # fmt: skip
        while True:
            some = bulk.matching(conn, [site_id], "", Narrowing(low=0.0), before=before, look=2)
            found += [place.id for place in bulk.newest(conn, some.where, limit=20, before=before)]
            reaches.append(some.down_to)
            if some.down_to is None:
                break
            before = reach.Place(some.down_to, "")
    # A place without a comment in it is a gap: the comment at its key was seen on the page before.
    assert sorted(set(found)) == sorted(ids) and found == in_order and len(reaches) > 2


def test_many_are_decided_only_as_far_as_was_looked(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        desk.comment(wiring, f"The mayor is clown number {n}.", name=f"Reader{n} X")
    ines = desk.moderator(wiring).id
    chosen = Chosen(Narrowing(low=0.0), "pending")
    assert decide_many.preview(wiring, ines, chosen, State.SPAM).down_to is None
    monkeypatch.setattr(reach, "LOOKED", 2)
    told = decide_many.preview(wiring, ines, chosen, State.SPAM)
    bulk_id = decide_many.begin(wiring, ines, chosen, State.SPAM)
    assert told.down_to is not None and told.changing == decide_many.progress(wiring, ines, bulk_id).act.total == 3


def test_the_sections_offered_are_those_of_ones_own_sites(wiring: Wiring, three: dict[str, str]) -> None:
    with wiring.database.read() as conn:
        assert threads.sections(conn, [desk.site(wiring).id]) == ["city", "sport"]
        assert threads.sections(conn, ["0" * 26]) == []


def test_a_list_that_ends_where_the_search_for_words_did_says_so(
    wiring: Wiring, client: FlaskClient, three: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.signed_in(client, desk.moderator(wiring))
    assert "1 comment<" in client.get("/desk/search?q=joke").get_data(as_text=True)
    monkeypatch.setattr(search, "MOST_FOUND", 1)
    assert "More than 0 comments" in client.get("/desk/search?q=joke").get_data(as_text=True)
