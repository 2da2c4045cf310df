"""Readers report, authors appeal, moderators give standings: over HTTP, as people outside and at the desk do."""

import pytest
from flask.testing import FlaskClient

from moderation.domain.comment import State
from moderation.services import review
from moderation.services.review import Decide, Decided
from moderation.storage import comments, desk_queries
from moderation.web.public.status_links import StatusLinks
from moderation.wiring import Wiring
from tests.support import moderating as desk


def published(wiring: Wiring, text: str = "The mayor is a clown.") -> tuple[str, desk.Person]:
    ines = desk.moderator(wiring)
    comment_id = desk.comment(wiring, text)
    review.decide(wiring, Decide(ines.id, comment_id, 1, State.APPROVED))
    return comment_id, ines


def in_view(wiring: Wiring, view: str, comment_id: str) -> bool:
    with wiring.database.read() as conn:
        return desk_queries.is_in(conn, view, comment_id)


def text_of(client: FlaskClient, path: str) -> str:
    return str(client.get(path).get_data(as_text=True))


def test_a_report_brings_a_published_comment_before_a_moderator_once(client: FlaskClient, wiring: Wiring) -> None:
    comment_id, ines = published(wiring)
    assert "The mayor is a clown." in text_of(client, f"/report/{comment_id}")
    for _ in range(3):
        answer = client.post(f"/report/{comment_id}", data={"reason": "insult", "text": "He is <b>not</b>."})
        assert answer.status_code == 200 and "A moderator will read it" in answer.get_data(as_text=True)
        assert "Set-Cookie" not in answer.headers
    assert in_view(wiring, "reported", comment_id)
    desk.signed_in(client, ines)
    shown = text_of(client, "/desk/reported")
    assert "1 reader reported it" in shown and "He is &lt;b&gt;not&lt;/b&gt;." in shown
    assert '<span class="count" data-count="reported">1' in shown


def test_what_a_person_kept_stays_reviewed_and_its_undo_opens_it_again(client: FlaskClient, wiring: Wiring) -> None:
    comment_id, ines = published(wiring)
    client.post(f"/report/{comment_id}", data={"reason": "insult"})
    kept = review.decide(wiring, Decide(ines.id, comment_id, 2, State.APPROVED))
    assert isinstance(kept, Decided) and not in_view(wiring, "reported", comment_id)
    client.post(f"/report/{comment_id}", data={"reason": "hate"}, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert not in_view(wiring, "reported", comment_id)
    review.undo(wiring, ines.id, kept.decision_id)
    assert in_view(wiring, "reported", comment_id)


@pytest.mark.parametrize(("path", "data", "status"), [
    ("/report/{id}", {"reason": "nonsense"}, 422), ("/report/{id}", {}, 422),
    ("/report/nowhere", {"reason": "hate"}, 404),
    ("/report/{id}", {"reason": "hate", "text": "x" * 2001}, 422),
])  # fmt: skip
def test_a_report_that_cannot_be_meant_is_told_so(
    client: FlaskClient, wiring: Wiring, path: str, data: dict[str, str], status: int
) -> None:
    comment_id, _ines = published(wiring)
    assert client.post(path.format(id=comment_id), data=data).status_code == status
    assert not in_view(wiring, "reported", comment_id)


def test_what_is_not_published_cannot_be_reported_or_read_by_its_id(client: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    answer = client.get(f"/report/{comment_id}")
    assert answer.status_code == 404 and "clown" not in answer.get_data(as_text=True)
    assert client.post(f"/report/{comment_id}", data={"reason": "hate"}).status_code == 404


def test_reports_of_one_address_are_limited(client: FlaskClient, wiring: Wiring) -> None:
    comment_id, _ines = published(wiring)
    statuses = {client.post(f"/report/{comment_id}", data={"reason": "hate"}).status_code for _ in range(12)}
    assert statuses == {200, 429}


def test_an_author_asks_once_for_another_look_and_is_told_how_it_ended(client: FlaskClient, wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    comment_id = desk.comment(wiring)
    done = review.decide(
        wiring, Decide(ines.id, comment_id, 1, State.REJECTED, for_team="secret", for_author="Please be civil.")
    )
    assert isinstance(done, Decided)
    path = f"/status/{StatusLinks(wiring.settings.secret_key, '').token(comment_id)}"
    shown = text_of(client, path)
    assert "Please be civil." in shown and "secret" not in shown and "Ask for another look" in shown
    assert client.post(f"{path}/appeal", data={"text": " "}).status_code == 422
    assert client.post(f"{path}/appeal", data={"text": "It was a joke."}).status_code == 303
    client.post(f"{path}/appeal", data={"text": "Again."})
    assert in_view(wiring, "appeals", comment_id)
    assert "You asked for another look" in text_of(client, path)
    desk.signed_in(client, ines)
    desk_page = text_of(client, "/desk/appeals")
    assert "It was a joke." in desk_page and "Again." not in desk_page
    review.decide(wiring, Decide(ines.id, comment_id, done.version, State.REJECTED))
    assert not in_view(wiring, "appeals", comment_id)
    assert "the decision stands" in text_of(client, path)
    assert client.post("/status/forged.token/appeal", data={"text": "x"}).status_code == 404


def test_a_standing_holds_until_its_end_and_is_taken_back_exactly(client: FlaskClient, wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    comment_id = desk.comment(wiring)
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None
    path = f"/desk/authors/{row.author_id}"
    desk.signed_in(client, ines)
    for given, problem in (
        ({"standing": "king", "reason": "x"}, "no such standing"),
        ({"standing": "suspended", "reason": "x"}, "its end"),
        ({"standing": "banned"}, "say why"),
        ({"standing": "suspended", "reason": "x", "until": "1999-01-01"}, "over"),
    ):  # fmt: skip
        answer = desk.post(client, f"{path}/standing", **given)
        assert answer.status_code == 422 and problem in answer.get_json()["error"]
    desk.post(client, f"{path}/standing", standing="trusted", reason="Writes well.")
    desk.post(client, f"{path}/standing", standing="suspended", reason="A bad day.", until="2999-01-01")
    shown = text_of(client, path)
    assert "Standing: suspended" in shown and "A bad day." in shown and "walter@" not in shown
    with pytest.raises(Exception, match="author_banned"):
        desk.comment(wiring, "One more clown.")
    standing_id = shown.split('name="standing_id" value="')[1][:26]
    assert desk.post(client, f"{path}/standing/undo", standing_id="0" * 26).status_code == 409
    desk.post(client, f"{path}/standing/undo", standing_id=standing_id)
    assert "Standing: trusted" in text_of(client, path)


def test_a_filter_finds_is_kept_and_decides_all_at_once(client: FlaskClient, wiring: Wiring) -> None:
    from moderation.services import search

    ines = desk.moderator(wiring)
    ids = desk.queue(wiring, ["A zebra clown.", "Another zebra clown.", "A giraffe."])
    search.index(wiring)
    desk.signed_in(client, ines)
    shown = text_of(client, "/desk/search?q=zebra&state=pending")
    assert "2 comments" in shown and "giraffe" not in shown
    desk.post(client, "/desk/filters", json=False, name="Zebras", query="q=zebra&state=pending")
    assert 'href="/desk/search?q=zebra&amp;state=pending">Zebras' in text_of(client, "/desk/search")
    narrowed = text_of(client, "/desk/pending?q=giraffe")
    assert "A giraffe." in narrowed and "zebra" not in narrowed.partition("</main>")[0]
    preview = text_of(client, "/desk/bulk?q=zebra&verdict=reject")
    assert "Reject 2 comments?" in preview and "nothing about it leaves the house" in preview
    answer = desk.post(client, "/desk/bulk", json=False, filter="q=zebra", verdict="reject", reason="spam")
    progress = answer.headers["Location"]
    assert "2 comments: rejected." in text_of(client, progress)
    with wiring.database.read() as conn:
        assert [comments.by_id(conn, one).state for one in ids] == ["rejected", "rejected", "pending"]  # type: ignore[union-attr]
    desk.post(client, f"{progress}/undo", json=False)
    assert "2 comments are back to what they were." in text_of(client, progress)


@pytest.mark.parametrize("query", ["low=x", "high=101", "since=yesterday", "author=1", "state=gone", "verdict=burn"])
def test_a_filter_that_cannot_be_meant_names_its_field(client: FlaskClient, wiring: Wiring, query: str) -> None:
    desk.site(wiring)
    desk.signed_in(client, desk.moderator(wiring))
    answer = client.get(f"/desk/bulk?verdict=spam&{query}" if "verdict" not in query else f"/desk/bulk?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.get_data(as_text=True)
