"""Signing in and out, the one-time link, and what those who are not signed in or only look may do."""

import time
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.services import add_moderator, first_moderator, sign_in
from moderation.storage import comments
from moderation.storage.schema import moderators, sessions, sign_in_links
from moderation.web.app import create_app
from moderation.wiring import Clock, Wiring
from tests.support import moderating as desk

JSON = {"Accept": "application/json"}


class ShiftedClock(Clock):
    def __init__(self, hours: float) -> None:
        self._hours = hours

    def now_us(self) -> int:
        return super().now_us() + int(self._hours * 3_600_000_000)


def enter(client: FlaskClient, email: str, password: str, **fields: str):  # type: ignore[no-untyped-def]
    return desk.post(client, "/desk/sign-in", json=False, email=email, password=password, **fields)


def path_of(link: str) -> str:
    return "/desk/" + link.partition("/desk/")[2]


def desk_paths(app: Flask) -> list[tuple[str, str]]:
    """Every address of the desk behind the door, with its method."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(("desk.", "desk_change.")):
            path = rule.rule.replace("<view>", "pending").replace("<comment_id>", "0" * 26)
            found += [(method, path) for method in sorted(rule.methods or ()) if method in ("GET", "POST")]
    return found


def test_an_outsider_sees_nothing_of_the_desk(app: Flask, client: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    paths = desk_paths(app)
    assert len(paths) >= 10
    for method, path in paths:
        path = path.replace("0" * 26, comment_id)
        body = {"csrf_token": desk.csrf(client), "verdict": "spam", "version": "1", "decision": "x"}
        data = body if method == "POST" else None
        plain = client.open(path, method=method, data=data)
        assert plain.status_code == 303, (method, path)
        assert plain.headers["Location"].startswith("/desk/sign-in"), path
        program = client.open(path, method=method, data=data, headers=JSON)
        assert program.status_code == 401, (method, path)
        for answer in (plain, program):
            assert "clown" not in answer.get_data(as_text=True)
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None and (row.state, row.version) == ("pending", 1)


def test_a_page_left_open_after_signing_out_does_not_spoil_the_form_of_the_door(client: FlaskClient) -> None:
    """A browser's EventSource would follow to the form and take its cookie, in place of that of the form in sight."""
    answer = client.get("/desk/live", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_a_viewer_looks_and_does_not_decide(app: Flask, client: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    desk.signed_in(client, desk.moderator(wiring, "Vera", role="viewer"))
    shown = client.get("/desk/pending").get_data(as_text=True)
    assert "clown" in shown
    assert "/decision" not in shown and "You may look, but not decide." in shown
    for method, path in desk_paths(app):
        if method == "POST":
            answer = desk.post(client, path.replace("0" * 26, comment_id), verdict="spam", version=1)
            assert answer.status_code == 403, path
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None and row.state == "pending"


def test_a_change_without_the_forms_token_is_refused(client: FlaskClient, wiring: Wiring) -> None:
    comment_id = desk.comment(wiring)
    desk.signed_in(client, desk.moderator(wiring))
    answer = desk.post(
        client, f"/desk/comments/{comment_id}/decision", verdict="spam", version=1, csrf_token="forged"
    )
    assert answer.status_code == 400
    assert "nothing was changed" in answer.get_json()["error"]
    assert client.post("/desk/sign-in", data={"email": "a", "password": "b"}).status_code == 400
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None and row.state == "pending"


def test_signing_in_leads_to_what_was_asked_for(client: FlaskClient, wiring: Wiring) -> None:
    person = desk.moderator(wiring)
    asked = client.get("/desk/rejected?comment=x")
    assert asked.headers["Location"] == "/desk/sign-in?next=/desk/rejected?comment%3Dx"
    answer = enter(client, person.email.upper(), desk.PASSWORD, next="/desk/rejected")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/rejected")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/desk" in cookie
    assert client.get("/desk/rejected").status_code == 200


@pytest.mark.parametrize("address", ["https://evil.test/desk/", "//evil.test/desk/", "/\\evil.test", "/demo/", "x"])
def test_signing_in_leads_nowhere_else(client: FlaskClient, wiring: Wiring, address: str) -> None:
    person = desk.moderator(wiring)
    assert enter(client, person.email, desk.PASSWORD, next=address).headers["Location"] == "/desk/"


def test_wrong_password_and_unknown_account_get_the_same_answer(client: FlaskClient, wiring: Wiring) -> None:
    person = desk.moderator(wiring)
    invited = "invited@desk.test"
    add_moderator.add_moderator(wiring, email=invited, name="Not yet")
    answers = []
    for email in (person.email, "nobody@desk.test", invited):
        answer = enter(client, email, "not the password")
        body = answer.get_data(as_text=True).replace(email, "")
        answers.append((answer.status_code, body.count("is not right"), len(body)))
    assert answers == [answers[0]] * 3
    assert answers[0][:2] == (401, 1)


def test_an_unknown_account_takes_as_long_as_a_known_one(wiring: Wiring) -> None:
    person = desk.moderator(wiring)

    def fastest(email: str) -> float:
        took = []
        for _ in range(6):
            began = time.process_time()
            assert sign_in.sign_in(wiring, email, "not the password") is None
            took.append(time.process_time() - began)
        return min(took)

    assert sign_in.sign_in(wiring, person.email, desk.PASSWORD)  # the tests' quick hash becomes a real one
    sign_in.sign_in(wiring, "first@desk.test", "x")  # the hash that stands in for nobody's is made once
    known, unknown = fastest(person.email), fastest("nobody@desk.test")
    assert 0.5 < unknown / known < 2


def test_the_database_holds_no_token_and_no_password(wiring: Wiring) -> None:
    person = desk.moderator(wiring)
    with wiring.database.read() as conn:
        session = conn.execute(select(sessions)).one()
        who = conn.execute(select(moderators)).one()
        link = conn.execute(select(sign_in_links)).one()
    assert session.token_digest == sign_in.token_digest(person.token) != person.token
    assert who.password_hash.startswith("$argon2id$") and desk.PASSWORD not in who.password_hash
    assert link.token_digest not in person.link


def test_a_session_ends_when_it_is_idle_old_or_signed_out(client: FlaskClient, wiring: Wiring) -> None:
    person = desk.moderator(wiring)
    for hours, alive in ((11, True), (13, False), (24 * 8, False)):
        later = replace(wiring, clock=ShiftedClock(hours))
        if alive:
            assert sign_in.who(later, person.token) is not None
            continue
        fresh = sign_in.sign_in(wiring, person.email, desk.PASSWORD)
        assert fresh is not None
        assert sign_in.who(later, fresh) is None
    desk.signed_in(client, person)
    assert client.get("/desk/pending").status_code == 200
    desk.post(client, "/desk/sign-out", json=False)
    desk.signed_in(client, person)
    assert client.get("/desk/pending").status_code == 303


def test_a_session_in_use_still_ends_after_a_week(wiring: Wiring) -> None:
    person = desk.moderator(wiring)
    for hours in range(6, 24 * 7, 6):
        assert sign_in.who(replace(wiring, clock=ShiftedClock(hours)), person.token) is not None, hours
    assert sign_in.who(replace(wiring, clock=ShiftedClock(24 * 7 + 1)), person.token) is None


def test_each_sign_in_has_a_token_of_its_own(client: FlaskClient, wiring: Wiring) -> None:
    person = desk.moderator(wiring)
    desk.signed_in(client, person)
    answer = enter(client, person.email, desk.PASSWORD)
    assert answer.status_code == 303
    fresh = client.get_cookie("desk_session", path="/desk")
    assert fresh is not None and fresh.value != person.token
    assert sign_in.who(wiring, person.token) is None


@pytest.mark.parametrize("way", ["password", "link"])
@pytest.mark.parametrize("planted", ["made up", "of somebody's own session"])
def test_a_session_that_somebody_planted_is_never_taken_over(
    client: FlaskClient, wiring: Wiring, way: str, planted: str
) -> None:
    """Who can set a cookie in a moderator's browser must not find themselves signed in as them afterwards."""
    mallory, ada = desk.moderator(wiring, "Mallory"), desk.moderator(wiring, "Ada")
    token = mallory.token if planted != "made up" else "A" * 22
    client.set_cookie("desk_session", token, path="/desk")
    if way == "password":
        assert enter(client, ada.email, desk.PASSWORD).status_code == 303
    else:
        link = path_of(str(add_moderator.new_link_for(wiring, ada.email)))
        assert desk.post(client, link, json=False, password=desk.PASSWORD).status_code == 303
    fresh = client.get_cookie("desk_session", path="/desk")
    assert fresh is not None and fresh.value != token
    who = sign_in.who(wiring, fresh.value)
    assert who is not None and who.id == ada.id
    assert sign_in.who(wiring, token) is None


def test_attempts_are_limited_by_account_and_by_address(wiring: Wiring) -> None:
    person, other = desk.moderator(wiring), desk.moderator(wiring, "Omar")
    limited = replace(wiring, settings=wiring.settings.model_copy(update={"rate_limit_sign_in": "3/10 minutes"}))
    client = create_app(limited).test_client()

    def attempt(email: str, address: str, password: str = "wrong"):  # type: ignore[no-untyped-def]
        fields = {"email": email, "password": password, "csrf_token": desk.csrf(client)}
        return client.post("/desk/sign-in", data=fields, environ_base={"REMOTE_ADDR": address})

    assert [attempt(person.email, f"192.0.2.{n}").status_code for n in range(4)] == [401, 401, 401, 429]
    assert attempt(person.email.upper(), "192.0.2.90", desk.PASSWORD).status_code == 429
    assert [attempt(f"x{n}@desk.test", "192.0.2.200").status_code for n in range(4)] == [401, 401, 401, 429]
    blocked = attempt(other.email, "192.0.2.200", desk.PASSWORD)
    assert blocked.status_code == 429 and int(blocked.headers["Retry-After"]) > 0
    assert attempt(other.email, "192.0.2.201", desk.PASSWORD).status_code == 303
    keys = b" ".join(wiring.redis.keys("*"))
    assert b"desk.test" not in keys and b"192.0.2" not in keys


def test_a_link_is_used_up_by_choosing_a_password_and_not_by_looking(client: FlaskClient, wiring: Wiring) -> None:
    link = path_of(add_moderator.add_moderator(wiring, email="new@desk.test", name="Nora"))
    for _ in range(3):  # a mail scanner follows it
        assert client.get(link).status_code == 200
    assert "Welcome, Nora" in client.get(link).get_data(as_text=True)
    short = desk.post(client, link, json=False, password="elevenchars")
    assert short.status_code == 422 and "one more character is enough" in short.get_data(as_text=True)
    answer = desk.post(client, link, json=False, password="twelve chars")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/")
    assert client.get("/desk/pending").status_code == 200
    used = desk.post(client, link, json=False, password="another password")
    assert used.status_code == 410
    assert sign_in.sign_in(wiring, "new@desk.test", "twelve chars") is not None
    assert sign_in.sign_in(wiring, "new@desk.test", "another password") is None


def test_a_link_works_for_a_day_and_a_newer_one_replaces_it(client: FlaskClient, wiring: Wiring) -> None:
    first = add_moderator.add_moderator(wiring, email="new@desk.test", name="Nora")
    token = first.rpartition("/")[2]
    assert sign_in.link_is_for(replace(wiring, clock=ShiftedClock(23)), token) is not None
    assert sign_in.link_is_for(replace(wiring, clock=ShiftedClock(25)), token) is None
    second = add_moderator.new_link_for(wiring, "NEW@desk.test")
    assert second is not None
    assert client.get(path_of(first)).status_code == 410
    assert client.get(path_of(second)).status_code == 200


def test_the_first_administrator_gets_a_link_until_there_is_a_password(client: FlaskClient, wiring: Wiring) -> None:
    first, again = first_moderator.sign_in_link(wiring), first_moderator.sign_in_link(wiring)
    assert first and again and first != again
    assert desk.post(client, path_of(again), json=False, password="a long password").status_code == 303
    assert first_moderator.sign_in_link(wiring) is None
