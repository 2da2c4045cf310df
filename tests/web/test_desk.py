"""The desk over HTTP: what is shown, what a form does without a script, what a program gets."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from moderation.domain.comment import State
from moderation.domain.concern import Concern
from moderation.domain.finding import Code
from moderation.services import claim, review
from moderation.services.review import Decide
from moderation.storage import comments
from moderation.storage.ids import new_id
from moderation.storage.narrowing import EVERYTHING
from moderation.storage.schema import comments as comments_table
from moderation.storage.schema import concerns, decisions
from moderation.web.desk import why
from moderation.web.desk.marked import Mark, pieces
from moderation.wiring import Wiring
from tests.services.test_decide_many import many
from tests.support import moderating as desk
from tests.support.archive import concern
from tests.support.moderating import Person

JSON = {"Accept": "application/json"}


@pytest.fixture
def ines(wiring: Wiring) -> Person:
    return desk.moderator(wiring)


@pytest.fixture
def moderator(client: FlaskClient, ines: Person) -> FlaskClient:
    return desk.signed_in(client, ines)


def state(wiring: Wiring, comment_id: str) -> str:
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None
    return str(row.state)


def page(client: FlaskClient, path: str = "/desk/pending") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.get_data(as_text=True))


def test_the_desk_opens_on_what_waits(moderator: FlaskClient) -> None:
    assert moderator.get("/desk/").headers["Location"].endswith("/desk/pending")
    assert "Nothing waits for a moderator" in page(moderator)


def test_a_comment_is_shown_whole_and_escaped(moderator: FlaskClient, wiring: Wiring) -> None:
    text = "<script>alert(1)</script> & two\nlines, and a clown."
    desk.comment(wiring, text, name="<b>Walter</b> K.")
    shown = page(moderator)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; two\nlines" in shown
    assert "&lt;b&gt;Walter&lt;/b&gt; K." in shown
    assert "first comment here" in shown


def test_a_comment_says_why_it_waits(moderator: FlaskClient, wiring: Wiring) -> None:
    desk.comment(wiring)
    shown = page(moderator)
    assert "Sent without opening the form" in shown
    assert "no_form_token" not in shown


def test_the_words_that_spoke_for_rejection_are_marked_and_the_mark_is_spoken(
    moderator: FlaskClient, wiring: Wiring
) -> None:
    desk.comment(wiring, "You people are complete idiots, said the bus driver.")
    shown = page(moderator)
    assert '<mark title="rude or hostile"><span class="unseen">[marked as rude or hostile: </span>idiots<' in shown
    assert shown.count("<mark") == 1


def test_marks_keep_the_text_whole_wherever_they_fall() -> None:
    text = "0123456789"
    for found in ([(0, 3), (2, 5)], [(0, 10), (4, 6)], [(8, 99), (-5, 1)], [(4, 4), (7, 2)], []):
        cut = pieces(text, [Mark(start, end, "x") for start, end in found])
        assert "".join(piece.text for piece in cut) == text


def test_every_finding_has_a_sentence_with_and_without_its_evidence(app: Flask) -> None:
    with app.test_request_context():
        for code in Code:
            told = why.clues([code], [{"code": code.value}])
            assert told or code in (Code.PRECEDENT,), code
            assert all(clue.found and "_" not in clue.found for clue in told), code
            assert why.heading([code], "review")


def test_a_failure_of_ours_is_named_as_one_and_accuses_nobody(moderator: FlaskClient, wiring: Wiring) -> None:
    wiring.scorer.current = lambda: None  # type: ignore[method-assign]
    comment_id = desk.comment(wiring, held=False)
    shown = page(moderator, f"/desk/unscored?comment={comment_id}")
    assert "We could not score this comment, so a person looks at it" in shown
    assert "The classifier is not available." in shown


def test_the_author_and_the_parent_stand_beside_it(moderator: FlaskClient, wiring: Wiring, ines: Person) -> None:
    parent = desk.comment(wiring, "The vote was fair.", name="Dana R.")
    review.decide(wiring, Decide(ines.id, parent, 1, State.APPROVED))
    earlier = desk.comment(wiring, "An earlier remark of mine.")
    review.decide(wiring, Decide(ines.id, earlier, 1, State.REJECTED))
    desk.comment(wiring, "No, it was not.", parent=parent)
    shown = page(moderator)
    assert "Dana R." in shown and "The vote was fair." in shown
    assert "An earlier remark of mine." in shown
    assert "2 comments here, 1 rejected" in shown


def test_no_page_of_the_desk_shows_a_readers_address(moderator: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring, email="canary-7f3@readers.test")
    for path in ("/desk/pending", f"/desk/pending?comment={comment_id}", "/desk/counts.json"):
        assert "canary-7f3" not in moderator.get(path).get_data(as_text=True)
    answer = moderator.get("/desk/pending", headers=JSON)
    assert "canary-7f3" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("verdict", "after"), [("approve", "approved"), ("reject", "rejected"), ("spam", "spam")])
def test_a_form_decides_without_a_script(moderator: FlaskClient, wiring: Wiring, verdict: str, after: str) -> None:
    comment_id = desk.comment(wiring)
    answer = desk.post(
        moderator, f"/desk/comments/{comment_id}/decision", json=False, verdict=verdict, version=1, reason="insult"
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/desk/pending")
    assert state(wiring, comment_id) == after
    assert "Undo" in page(moderator)


def test_a_program_decides_and_gets_the_next_one(moderator: FlaskClient, wiring: Wiring) -> None:
    first, second = desk.queue(wiring, ["The mayor is a clown.", "Another clown."])
    answer = desk.post(moderator, f"/desk/comments/{first}/decision", verdict="reject", version=1, reason="insult")
    told = answer.get_json()
    assert answer.status_code == 200
    assert told["decided"] | {"id": ""} == {
        "id": "", "comment": first, "state": "rejected", "version": 2, "said": "Rejected as insult",
    }  # fmt: skip
    assert (told["next"]["id"], told["next"]["version"]) == (second, 1)
    assert "Another " in told["next"]["html"]


def test_a_conflict_says_who_decided_and_offers_to_decide_over_it(moderator: FlaskClient, wiring: Wiring) -> None:
    omar, comment_id = desk.moderator(wiring, "Omar"), desk.comment(wiring)
    review.decide(wiring, Decide(omar.id, comment_id, 1, State.APPROVED))
    path = f"/desk/comments/{comment_id}/decision"
    answer = desk.post(moderator, path, verdict="reject", version=1, reason="hate")
    conflict = answer.get_json()["conflict"]
    assert answer.status_code == 409
    assert (conflict["by"], conflict["state"], conflict["version"]) == ("Omar", "approved", 2)
    assert "Approved by Omar" in conflict["said"]
    assert "Reject it all the same" in conflict["html"]
    assert state(wiring, comment_id) == "approved"
    plain = desk.post(moderator, path, json=False, verdict="reject", version=1)
    assert plain.status_code == 409
    assert "Approved by Omar" in plain.get_data(as_text=True)
    assert desk.post(moderator, path, verdict="reject", version=conflict["version"]).status_code == 200
    assert state(wiring, comment_id) == "rejected"


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "maybe", "version": 1}, {"verdict": "approve"}, {"verdict": "approve", "version": "x"},
        {"verdict": "reject", "version": 1, "reason": "dislike"},
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_changes_nothing(
    moderator: FlaskClient, wiring: Wiring, fields: dict[str, Any]
) -> None:
    comment_id = desk.comment(wiring)
    answer = desk.post(moderator, f"/desk/comments/{comment_id}/decision", **fields)
    assert answer.status_code == 422
    assert answer.get_json()["error"]
    assert state(wiring, comment_id) == "pending"


def test_a_comment_that_is_not_there_is_not_there(moderator: FlaskClient, wiring: Wiring) -> None:
    desk.site(wiring)
    nowhere = new_id(1)
    assert desk.post(moderator, f"/desk/comments/{nowhere}/decision", verdict="spam", version=1).status_code == 404
    for path in (
        f"/desk/pending?comment={nowhere}",
        "/desk/pending?comment=x'",
        "/desk/elsewhere",
        "/desk/comments/x",
    ):
        assert moderator.get(path).status_code == 404, path


def test_undo_brings_the_comment_back_to_who_undid_it(moderator: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    done = desk.post(moderator, f"/desk/comments/{comment_id}/decision", verdict="spam", version=1).get_json()
    told = desk.post(moderator, "/desk/undo", decision=done["decided"]["id"]).get_json()
    assert told["undone"]["state"] == "pending"
    assert told["next"]["id"] == comment_id
    assert state(wiring, comment_id) == "pending"
    assert desk.post(moderator, "/desk/undo", decision="nothing").status_code == 404


def test_skipping_shows_the_next_and_a_new_round_shows_it_again(moderator: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    told = desk.post(moderator, f"/desk/comments/{comment_id}/skip").get_json()
    assert told["next"]["id"] is None
    assert "You skipped 1 comment in this round." in page(moderator)
    again = desk.post(moderator, "/desk/pending/again", json=False)
    assert again.status_code == 303
    assert "clown" in page(moderator)


def test_a_heartbeat_tells_how_long_and_who_took_it(moderator: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    page(moderator)
    told = desk.post(moderator, f"/desk/comments/{comment_id}/claim").get_json()
    assert 295 <= told["seconds"] <= 300
    assert (told["version"], told["state"]) == (1, "pending")
    omar = desk.moderator(wiring, "Omar")
    other = desk.comment(wiring, "Another clown.")
    claim.claim(wiring, omar.id, other)
    lost = desk.post(moderator, f"/desk/comments/{other}/claim").get_json()
    assert lost["seconds"] == 0
    assert "Omar is reading this comment now" in lost["said"]


def test_leaving_the_page_gives_the_comment_back(moderator: FlaskClient, wiring: Wiring, ines: Person) -> None:
    comment_id = desk.comment(wiring)
    token = desk.csrf(moderator)
    taken = claim.claim_next(wiring, ines.id, "pending")
    assert taken is not None
    answer = desk.post(
        moderator, "/desk/claims/release", comment=comment_id, claimed_at=taken.claimed_at, csrf_token=token
    )
    assert answer.status_code == 204
    omar = desk.moderator(wiring, "Omar")
    assert claim.claim_next(wiring, omar.id, "pending") is not None


def test_counts_are_answered_once_and_then_by_a_304(moderator: FlaskClient, wiring: Wiring) -> None:
    desk.comment(wiring)
    first = moderator.get("/desk/counts.json")
    assert first.get_json()["views"]["pending"].startswith("1 · ")
    again = moderator.get("/desk/counts.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_decided_comments_are_listed_and_can_be_decided_anew(
    moderator: FlaskClient, wiring: Wiring, ines: Person
) -> None:
    ids = desk.queue(wiring, [f"A clown, number {n}." for n in range(3)])
    for comment_id in ids:
        review.decide(wiring, Decide(ines.id, comment_id, 1, State.REJECTED))
    shown = page(moderator, "/desk/rejected")
    assert "Rejected as other by Ines" in shown
    assert all(f"number {n}." in shown for n in range(3))
    answer = desk.post(
        moderator,
        f"/desk/comments/{ids[2]}/decision",
        verdict="approve",
        version=2,
        view="rejected",
        following=ids[1],
    )
    assert answer.get_json()["next"]["id"] == ids[1]
    assert state(wiring, ids[2]) == "approved"
    assert (
        moderator.get(f"/desk/comments/{ids[1]}").headers["Location"].endswith(f"/desk/rejected?comment={ids[1]}")
    )


def test_the_audit_sample_is_judged_blind_and_once(moderator: FlaskClient, wiring: Wiring) -> None:
    comment_id = _decided_by_the_machine(wiring)
    shown = page(moderator, "/desk/audit")
    assert "A remark for the sample." in shown
    assert "What was decided is hidden until you have" in shown
    assert "automatically</h2>" not in shown and "likely to be rejected" not in shown.lower()
    path = f"/desk/comments/{comment_id}/decision"
    told = desk.post(moderator, path, verdict="approve", version=1, view="audit").get_json()
    assert told["next"]["id"] is None
    undone = desk.post(moderator, "/desk/undo", decision=told["decided"]["id"], view="audit").get_json()
    assert undone["next"]["id"] == comment_id
    assert state(wiring, comment_id) == "approved"


def _decided_by_the_machine(wiring: Wiring) -> str:
    comment_id = desk.comment(wiring, "A remark for the sample.")
    drawn = update(comments_table).where(comments_table.c.id == comment_id)
    wiring.database.write(lambda conn: conn.execute(drawn.values(state="approved", audit_drawn=True)))
    return comment_id


def test_decided_comments_like_it_are_shown_with_their_verdicts(
    moderator: FlaskClient, wiring: Wiring, ines: Person
) -> None:
    alike = desk.comment(wiring, "What a joke these councillors are.", name="Past X")
    review.decide(wiring, Decide(ines.id, alike, 1, State.APPROVED))
    comment_id = desk.comment(wiring)
    found = [{"code": "precedent", "comment_id": alike, "verdict": "approved", "similarity": 0.94}]
    with_precedent = update(decisions).where(decisions.c.comment_id == comment_id)
    wiring.database.write(lambda conn: conn.execute(with_precedent.values(findings=json.dumps(found))))
    shown = page(moderator)
    assert "What a joke these councillors are." in shown
    assert "94 % alike" in shown


def test_both_opinions_are_shown(moderator: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    thresholds = {"approve_below": 0.06, "reject_from": 0.95, "spam_from": 0.5}
    found = [
        {"code": "likely_rejected", "score": 0.58, "low": 0.5, "high": 0.72, "thresholds": thresholds, "model": "a"},
        {"code": "second_opinion", "score": 0.61, "low": 0.55, "high": 0.7, "thresholds": thresholds, "model": "b"},
    ]
    both = update(decisions).where(decisions.c.comment_id == comment_id)
    wiring.database.write(lambda conn: conn.execute(both.values(findings=json.dumps(found))))
    shown = page(moderator)
    assert "Likely to be rejected: 58 %" in shown
    assert "Read again as sentences: 61 %" in shown
    found[0]["model"], found[1]["model"] = "a+site-1", "b+site-1"
    wiring.database.write(lambda conn: conn.execute(both.values(findings=json.dumps(found))))
    shown = page(moderator)
    assert "Likely to be rejected, by this site’s own decisions: 58 %" in shown
    assert "Read again as sentences, by this site’s own decisions: 61 %" in shown
    found[1] |= {"low": 0.0, "high": 1.0, "model": "b"}
    wiring.database.write(lambda conn: conn.execute(both.values(findings=json.dumps(found))))
    assert "in words that the first look does not know, so nothing is decided from it" in page(moderator)


def test_a_page_runs_no_script_or_style_of_its_own(moderator: FlaskClient, wiring: Wiring) -> None:
    desk.comment(wiring)
    answer = moderator.get("/desk/pending")
    shown = answer.get_data(as_text=True)
    assert "style=" not in shown and "<style" not in shown and " onclick" not in shown
    assert shown.count("<script") == shown.count('<script type="module" src=') == 1
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_desk_answers_quickly_whatever_lies_in_the_archive(
    moderator: FlaskClient, wiring: Wiring, app: Flask
) -> None:
    """Every read of the queue goes by an index: the plan names it, and no full scan of comments."""
    from moderation.storage import desk_queries

    if not wiring.database.is_sqlite:
        pytest.skip("the plan is read on SQLite")
    site_id = desk.site(wiring).id
    for view in desk_queries.VIEWS:
        query = desk_queries.chosen(view, site_id, EVERYTHING).order_by(desk_queries._order(view)).limit(3)
        with wiring.database.read() as conn:
            compiled = query.compile(conn.engine, compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
        if view in desk_queries.ASKED:
            # A few open concerns, found by their own index; sorting those few costs nothing.
            assert any("ix_concerns_open" in step for step in plan), (view, plan)
            assert not any(step.startswith("SCAN") for step in plan), (view, plan)
            continue
        index = "ix_comments_audit" if view == "audit" else "ix_comments_queue"
        assert any(index in step for step in plan), (view, plan)
        assert not any("TEMP B-TREE" in step for step in plan), (view, plan)


def test_what_many_asked_about_is_read_in_one_pass(wiring: Wiring) -> None:
    """Each comment was once looked for among all that were asked about, by PostgreSQL without statistics."""
    from moderation.storage import desk_queries

    if wiring.database.is_sqlite:
        pytest.skip("SQLite goes by the other index")
    site_id, number = desk.site(wiring).id, 400

    def ask(conn: Any) -> None:
        ids = conn.execute(select(comments_table.c.id)).scalars()
        conn.execute(insert(concerns), [concern(site_id, Concern.REPORT, one) for one in ids])

    with many(wiring, number):
        wiring.database.write(ask)
        query = desk_queries.chosen("reported", site_id, EVERYTHING).order_by(desk_queries._order("reported"))
        with wiring.database.read() as conn:
            assert len(conn.execute(query).all()) == number
            compiled = query.compile(conn.engine, compile_kwargs={"literal_binds": True})
            rows = conn.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled}").scalar_one()
    assert rows[0]["Plan"]["Shared Hit Blocks"] < 10 * number, rows


@pytest.mark.parametrize(
    ("share", "low", "high", "said"),
    [
        ("20 %", 0.06, 0.95, ["decided automatically below 6 % or above 95 %"]),
        ("20 %", 0.07, 1.0, ["approved automatically below 7 %, never refused"]),
        ("20 %", 0.0, 0.95, ["refused automatically above 95 %, never approved"]),
        ("4.6 %", 0.0456, 0.9, ["decided automatically below 4.6 % or above 90 %", "this is just above the one"]),
    ],
)
def test_a_share_stands_beside_thresholds_that_can_be_reached(
    app: Flask, share: str, low: float, high: float, said: list[str]
) -> None:
    with app.test_request_context():
        assert why._beside_thresholds(share, low, high) == said
