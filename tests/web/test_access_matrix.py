"""Every address of the desk, asked by everybody: each role, at every site, at the own one and at another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select

from moderation.domain.roles import GIVEN, Role, allows
from moderation.services import sites
from moderation.services.sign_in import token_digest
from moderation.storage import roles
from moderation.storage.ids import new_id
from moderation.storage.schema import comments, decisions, metadata, moderators, sessions
from moderation.wiring import Wiring
from tests.support import moderating as desk
from tests.support.staff_routes import ROUTES, Route

JSON = {"Accept": "application/json"}
OWN, OTHER, EVERYWHERE = "at the own site", "at another site", "at every site"
DOOR = {"desk_door"}


@dataclass(frozen=True)
class Somebody:
    role: str
    where: str
    token: str

    def may(self, route: Route) -> bool:
        return route.everybody or allows(self.role, route.right)

    def __str__(self) -> str:
        return f"{self.role} {self.where}"


@pytest.fixture
def things(wiring: Wiring) -> dict[str, str]:
    """What the routes name: all of it of the first site."""
    comment_id = desk.comment(wiring, "The mayor is a clown.")
    other = sites.add_site(wiring.database, key="other", name="The Other Post", origins=[], now=1)
    wiring.sites.forget()
    with wiring.database.read() as conn:
        row = conn.execute(select(comments).where(comments.c.id == comment_id)).one()
        decision = conn.execute(select(decisions.c.id).where(decisions.c.comment_id == comment_id)).scalars().first()
    person = desk.moderator(wiring, "Somebody")
    return {
        "comment": comment_id, "decision": str(decision), "author": row.author_id, "thread": row.thread_id,
        "site": wiring.settings.site_key, "site_id": row.site_id, "other_id": other, "person": person.id,
    }  # fmt: skip


@pytest.fixture
def crowd(wiring: Wiring, things: dict[str, str]) -> list[Somebody]:
    made = [_somebody(wiring, Role.NONE, EVERYWHERE, {})]
    for role in GIVEN:
        made.append(_somebody(wiring, role, EVERYWHERE, {}))
        made.append(_somebody(wiring, role, OWN, {things["site_id"]: role}))
        made.append(_somebody(wiring, role, OTHER, {things["other_id"]: role}))
    return made


def _somebody(wiring: Wiring, role: str, where: str, at_sites: dict[str, str]) -> Somebody:
    now = wiring.clock.now_us()
    id, token = new_id(now), f"token-{role}-{where}"

    def work(conn) -> None:  # type: ignore[no-untyped-def]
        everywhere = role if where == EVERYWHERE else Role.NONE
        conn.execute(
            moderators.insert(),
            {"id": id, "email": f"{id}@desk.test", "name": f"{role} {where}", "role": everywhere,
             "password_hash": None, "disabled": False, "created_at": now},
        )  # fmt: skip
        roles.set_at_sites(conn, id, at_sites)
        conn.execute(
            sessions.insert(),
            {"token_digest": token_digest(token), "moderator_id": id, "created_at": now, "seen_at": now,
             "expires_at": now + 3_600_000_000},
        )  # fmt: skip

    wiring.database.write(work)
    return Somebody(role, where, token)


def rows() -> Iterator[tuple[str, Route]]:
    for endpoint, routes in ROUTES.items():
        for route in routes:
            yield endpoint, route


def staff_endpoints(app: Flask) -> set[str]:
    found = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk")}
    return {endpoint for endpoint in found if endpoint.partition(".")[0] not in DOOR}


def test_every_address_of_the_desk_is_in_the_matrix(app: Flask) -> None:
    assert staff_endpoints(app) == set(ROUTES), "add the new address to tests/support/staff_routes.py"
    named = {(rule.endpoint, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    asked = {(endpoint, route.method) for endpoint, route in rows()}
    missing = {each for each in named if each[0] in ROUTES and each[1] in ("GET", "POST")} - asked
    assert not missing, "these are asked in no row of tests/support/staff_routes.py"


def test_everybody_gets_what_their_role_allows_and_nothing_else(
    app: Flask, wiring: Wiring, things: dict[str, str], crowd: list[Somebody]
) -> None:
    deviations, asked = [], 0
    csrf_client = app.test_client()
    token = desk.csrf(csrf_client)
    form_session = csrf_client.get_cookie("session")
    assert form_session is not None
    for endpoint, route in rows():
        path = route.path.format(**things)
        body = {key: value.format(**things) for key, value in route.body.items()} | {"csrf_token": token}
        for person in [*crowd, None]:
            client = app.test_client()
            client.set_cookie("session", form_session.value)
            if person is not None:
                client.set_cookie("desk_session", person.token, path="/desk")
            data = body if route.method == "POST" else None
            answer = client.open(path, method=route.method, data=data, headers=JSON)
            said, asked = answer.get_data(as_text=True), asked + 1
            problem = _problem(route, person, answer.status_code, said)
            if problem:
                deviations.append(f"{route.method} {route.path} ({endpoint}) by {person or 'an outsider'}: {problem}")
    assert not deviations, f"{len(deviations)} of {asked}:\n" + "\n".join(deviations[:40])


def test_no_change_is_made_without_the_forms_token(
    app: Flask, wiring: Wiring, things: dict[str, str], crowd: list[Somebody]
) -> None:
    """A page of another origin can send a form with somebody's cookie, but not with this token."""
    admin = next(person for person in crowd if person.role == Role.ADMIN and person.where == EVERYWHERE)
    taken = [(endpoint, route) for endpoint, route in rows() if route.method == "POST"]
    assert len(taken) > 30
    with wiring.database.read() as conn:
        before = [conn.execute(select(func.count()).select_from(table)).scalar() for table in metadata.sorted_tables]
    for endpoint, route in taken:
        client = app.test_client()
        client.set_cookie("desk_session", admin.token, path="/desk")
        body = {key: value.format(**things) for key, value in route.body.items()}
        for forged in ({}, {"csrf_token": "x.y.z"}):
            answer = client.post(route.path.format(**things), data=body | forged, headers=JSON)
            assert answer.status_code == 400, f"{endpoint}: {answer.status_code}"
    with wiring.database.read() as conn:
        after = [conn.execute(select(func.count()).select_from(table)).scalar() for table in metadata.sorted_tables]
    assert after == before


def _problem(route: Route, person: Somebody | None, status: int, said: str) -> str:
    if person is None:
        return "" if status == 401 and "clown" not in said else f"{status}, expected 401"
    if person.where == OTHER and "clown" in said:
        return "shows another site's comment"
    if not person.may(route):
        return "" if status == 403 else f"{status}, expected 403"
    if person.where == OTHER and route.names_something:
        return "" if status == 404 else f"{status}, expected 404"
    fine = status < 400 or status in route.fine
    return "" if fine else f"{status}, expected an answer"


def test_a_role_at_a_site_counts_there_instead_of_the_one_at_every_site(
    wiring: Wiring, things: dict[str, str]
) -> None:
    from moderation.services import sign_in

    person = desk.moderator(wiring, "Lena", role="lead")
    wiring.database.write(lambda conn: roles.set_at_sites(conn, person.id, {things["other_id"]: "viewer"}))
    who = sign_in.who(wiring, person.token)
    assert who is not None
    from moderation.domain.roles import Right

    assert who.may(Right.LEAD, things["site_id"]) and not who.may(Right.DECIDE, things["other_id"])
    with wiring.database.read() as conn:
        assert roles.site_ids(conn, person.id, Right.DECIDE) == [things["site_id"]]
        assert set(roles.site_ids(conn, person.id, Right.LOOK)) == {things["site_id"], things["other_id"]}
