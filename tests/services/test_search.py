"""Comments are found by their words a moment after they came in, and no longer once they are gone."""

from sqlalchemy import delete, text, update

from moderation.services import search
from moderation.storage import desk_queries, roles
from moderation.storage.narrowing import Narrowing
from moderation.storage.schema import comments, revisions
from moderation.wiring import Wiring
from tests.support import moderating as desk


def found(wiring: Wiring, asked: str) -> list[str]:
    site_id = desk.site(wiring).id
    return list(search.find(wiring, [site_id], asked).ids or ())


def test_words_names_and_beginnings_are_found_and_accents_do_not_matter_on_sqlite(wiring: Wiring) -> None:
    first = desk.comment(wiring, "The depot vote was a farce, said Müller.", name="Dana R.")
    second = desk.comment(wiring, "I liked the depot's café.", name="Walter K.")
    assert found(wiring, "depot") == []
    assert search.index(wiring) == 2 and search.index(wiring) == 0
    assert found(wiring, "depot") == [second, first]
    assert found(wiring, "depot farce") == [first] and found(wiring, "far") == [first]
    assert found(wiring, "dana") == [first] and found(wiring, "nothing") == []
    if wiring.database.is_sqlite:
        assert found(wiring, "muller cafe") == [] and found(wiring, "cafe") == [second]


def test_what_people_type_into_a_search_box_never_breaks_it(wiring: Wiring) -> None:
    comment_id = desk.comment(wiring, 'AND "quoted" NEAR(x) the mayor\'s c++ & clown: 100% *')
    search.index(wiring)
    for asked in ('"', "'", "*", "AND", "NOT mayor", "a:b", "(((", "^", "x & | !", "\\", "-", "é" * 500, "\0", "c++"):
        found(wiring, asked)
    assert found(wiring, "mayor's clown") == [comment_id]


def test_an_author_is_found_by_the_address_that_nobody_sees(wiring: Wiring) -> None:
    comment_id = desk.comment(wiring, email="walter@readers.test")
    desk.comment(wiring, "Somebody else.", email="dana@readers.test")
    site_id = desk.site(wiring).id
    authors = search.find(wiring, [site_id], "Walter@readers.test").author_ids
    ines = desk.moderator(wiring)
    with wiring.database.read() as conn:
        assert roles.site_ids(conn, ines.id, "look") == [site_id]  # type: ignore[arg-type]
        scope, narrowed = roles.scope(conn, ines.id), Narrowing(author_ids=authors)
        rows = desk_queries.page(conn, "pending", scope, limit=5, narrowed=narrowed)
    assert [row.id for row in rows] == [comment_id]
    assert search.find(wiring, [site_id], "nobody@readers.test").author_ids == ()


def test_a_text_that_is_changed_or_deleted_is_found_no_more(wiring: Wiring) -> None:
    first, second = desk.comment(wiring, "The zebra crossing."), desk.comment(wiring, "A second zebra, by the way.")
    search.index(wiring)
    assert len(found(wiring, "zebra")) == 2
    wiring.database.write(
        lambda conn: conn.execute(update(revisions).where(revisions.c.comment_id == first).values(text="", name=""))
    )
    assert found(wiring, "zebra") == [second]
    wiring.database.write(lambda conn: conn.execute(delete(revisions).where(revisions.c.comment_id == second)))
    assert found(wiring, "zebra") == []
    with wiring.database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM search_entries")).scalar_one() == 0


def test_a_comment_that_became_visible_late_is_indexed_all_the_same(wiring: Wiring) -> None:
    early, late = desk.comment(wiring, "An early zebra."), desk.comment(wiring, "A late giraffe.")
    with wiring.database.read() as conn:
        row = conn.execute(comments.select().where(comments.c.id == early)).one()
    assert row.id < late
    wiring.database.write(lambda conn: conn.execute(text("DELETE FROM search_entries")))
    search.index(wiring)
    wiring.database.write(
        lambda conn: conn.execute(text("DELETE FROM search_entries WHERE comment_id = :id"), {"id": early})
    )
    # Its id is older than the newest that was indexed, as of one whose transaction ended later.
    assert search.index(wiring) == 1
