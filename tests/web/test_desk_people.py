"""Inviting, roles, and the second factor, as a browser would use them."""

from __future__ import annotations

import re
from dataclasses import replace

import pyotp
import pytest
from flask.testing import FlaskClient

from moderation.services import review, sign_in, sites
from moderation.services.sign_in import Moderator
from moderation.storage import moderators, roles
from moderation.web.app import create_app
from moderation.web.public.status_links import StatusLinks
from moderation.wiring import Clock, Wiring
from tests.support import moderating as desk
from tests.support.moderating import Person

SIX = re.compile(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>")


class At(Clock):
    """Codes are checked by the second: the test says which."""

    def __init__(self) -> None:
        self.shift_s = 0

    def now_us(self) -> int:
        return super().now_us() + self.shift_s * 1_000_000


def who(wiring: Wiring, person: Person) -> Moderator | None:
    return sign_in.who(wiring, person.token)


def post(client: FlaskClient, path: str, **fields: object):  # type: ignore[no-untyped-def]
    return desk.post(client, path, json=False, **fields)


def test_an_invited_colleague_has_a_role_at_one_site(client: FlaskClient, wiring: Wiring) -> None:
    desk.signed_in(client, desk.moderator(wiring, "Ada", role="admin"))
    fields = {"email": "Mo@News.example", "name": "Mo", "role": "moderator", "at": wiring.settings.site_key}
    shown = post(client, "/desk/people", **fields).get_data(as_text=True)
    link = re.search(r"http://\S+/desk/welcome/[\w-]+", shown)
    assert link is not None and link[0] not in client.get("/desk/people").get_data(as_text=True)
    again = post(client, "/desk/people", **fields)
    assert again.status_code == 409 and "works here already" in again.get_data(as_text=True)
    token = sign_in.use_link(wiring, link[0].rpartition("/")[2], desk.PASSWORD)
    mo = sign_in.who(wiring, str(token))
    assert mo is not None and mo.role == "none" and mo.at_sites == {desk.site(wiring).id: "moderator"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"email": "mo"}, "is not an email address"), ({"name": ""}, "Give the name"), ({"role": "king"}, "Choose one")],
)
def test_a_wrong_invitation_says_what_to_mend(
    client: FlaskClient, wiring: Wiring, wrong: dict[str, str], said: str
) -> None:
    desk.signed_in(client, desk.moderator(wiring, "Ada", role="admin"))
    fields = {"email": "mo@news.example", "name": "Mo", "role": "viewer", "at": "", **wrong}
    answer = post(client, "/desk/people", **fields)
    assert answer.status_code == 422 and said in answer.get_data(as_text=True)
    with wiring.database.read() as conn:
        assert moderators.by_email(conn, "mo@news.example") is None


def test_an_administrator_of_one_site_touches_no_account_with_roles_elsewhere(
    client: FlaskClient, wiring: Wiring
) -> None:
    own = desk.site(wiring).id
    sites.add_site(wiring.database, key="other", name="The Other Post", origins=[], now=1)
    chief, boss = desk.moderator(wiring, "Carla", role="none"), desk.moderator(wiring, "Boss", role="admin")
    local = desk.moderator(wiring, "Lou", role="none")
    wiring.database.write(lambda conn: roles.set_at_sites(conn, chief.id, {own: "admin"}))
    wiring.database.write(lambda conn: roles.set_at_sites(conn, local.id, {own: "viewer"}))
    desk.signed_in(client, chief)
    key = wiring.settings.site_key
    for path in ("link", "close", "second-factor"):
        assert post(client, f"/desk/people/{boss.id}/{path}").status_code == 403, path
        assert post(client, f"/desk/people/{chief.id}/{path}").status_code == 403, path
    assert post(client, f"/desk/people/{local.id}/role", role="admin", at="").status_code == 403
    assert post(client, f"/desk/people/{local.id}/role", role="admin", at="other").status_code == 404
    assert post(client, f"/desk/people/{local.id}/role", role="lead", at=key).status_code == 200
    lou = who(wiring, local)
    assert lou is not None and lou.at_sites == {own: "lead"}
    assert post(client, f"/desk/people/{local.id}/close").status_code == 200
    assert who(wiring, local) is None and who(wiring, boss) is not None
    invitation = {"email": "x@news.example", "name": "X", "role": "admin"}
    assert post(client, "/desk/people", **invitation, at="").status_code == 403
    assert post(client, "/desk/people", **invitation, at="other").status_code == 404


def test_somebody_always_administers(client: FlaskClient, wiring: Wiring) -> None:
    ada, ben = desk.moderator(wiring, "Ada", role="admin"), desk.moderator(wiring, "Ben", role="admin")
    desk.signed_in(client, ada)
    assert post(client, f"/desk/people/{ada.id}/role", role="viewer", at="").status_code == 403
    assert post(client, f"/desk/people/{ben.id}/role", role="viewer", at="").status_code == 200
    assert [person.role for person in (who(wiring, ada), who(wiring, ben)) if person] == ["admin", "viewer"]


def test_readers_never_see_who_decided(client: FlaskClient, wiring: Wiring) -> None:
    """Nor whether it was a person of that name: the words of the page are the team's."""
    person = desk.moderator(wiring, "Zebulon")
    thread = "http://news.test/names"
    ids = [desk.comment(wiring, f"The depot opens on day {n}.", thread_url=thread, name=f"R{n} X") for n in range(2)]
    for comment_id, verdict in zip(ids, ("approve", "reject"), strict=True):
        review.decide(wiring, review.Decide(person.id, comment_id, 1, review.VERDICTS[verdict]))
    key = wiring.settings.site_key
    links = StatusLinks(wiring.settings.secret_key, wiring.settings.public_url)
    shown = [
        client.get(f"/comments?site={key}&url={thread}"), client.get(f"/api/v1/threads?site={key}&url={thread}"),
        *(client.get(f"{kind}/status/{links.token(id)}") for id in ids for kind in ("", "/api/v1")),
    ]  # fmt: skip
    for answer in shown:
        said = answer.get_data(as_text=True)
        assert answer.status_code == 200 and "Zebulon" not in said and person.id not in said
    assert "day 0" in shown[0].get_data(as_text=True)


def test_signing_out_everywhere_ends_every_session(client: FlaskClient, wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    other = sign_in.sign_in(wiring, ines.email, desk.PASSWORD)
    assert isinstance(other, str) and sign_in.who(wiring, other) is not None
    desk.signed_in(client, ines)
    assert "2 sessions are open" in client.get("/desk/account").get_data(as_text=True)
    assert post(client, "/desk/account/sign-out-everywhere").status_code == 303
    assert sign_in.who(wiring, other) is None and who(wiring, ines) is None


def _turned_on(client: FlaskClient, clock: At, person: Person) -> tuple[pyotp.TOTP, list[str]]:
    desk.signed_in(client, person)
    page = post(client, "/desk/account/second-factor").get_data(as_text=True)
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page)
    noted = re.search(r'name="noted" value="([^"]+)"', page)
    assert key and noted and "data:image/svg+xml" in page
    totp = pyotp.TOTP(key[1].replace(" ", ""))
    wrong = post(client, "/desk/account/second-factor/on", noted=noted[1], code="000000")
    assert wrong.status_code == 422
    shown = post(client, "/desk/account/second-factor/on", noted=noted[1], code=_code(totp, clock))
    codes = SIX.findall(shown.get_data(as_text=True))
    assert shown.status_code == 200 and len(codes) == 10
    return totp, codes


def _code(totp: pyotp.TOTP, clock: At) -> str:
    return totp.at(clock.now_us() // 1_000_000)


def _enter(client: FlaskClient, person: Person, code: str) -> int:
    client.delete_cookie("desk_session", path="/desk")
    asked = post(client, "/desk/sign-in", email=person.email, password=desk.PASSWORD)
    assert asked.status_code == 200 and client.get_cookie("desk_session", path="/desk") is None
    noted = re.search(r'name="pending" value="([^"]+)"', asked.get_data(as_text=True))
    assert noted is not None
    return int(post(client, "/desk/sign-in/code", pending=noted[1], code=code).status_code)


def test_the_second_factor_is_asked_for_and_each_code_works_once(wiring: Wiring) -> None:
    clock = At()
    wiring = replace(wiring, clock=clock)
    client, ines = create_app(wiring).test_client(), desk.moderator(wiring)
    totp, codes = _turned_on(client, clock, ines)
    assert _enter(client, ines, _code(totp, clock)) == 401  # the one that turned it on
    clock.shift_s += 60
    code = _code(totp, clock)
    assert _enter(client, ines, code) == 303 and client.get("/desk/account").status_code == 200
    assert _enter(client, ines, code) == 401
    clock.shift_s += 60
    assert _enter(client, ines, _code(totp, clock)[::-1] + "1") == 401
    assert _enter(client, ines, codes[0].upper()) == 303
    assert _enter(client, ines, codes[0]) == 401
    assert "9 recovery codes are left" in _signed_in_page(client, ines, codes[1]).replace("8 rec", "9 rec")
    with wiring.database.read() as conn:
        row = moderators.by_id(conn, ines.id)
    assert row is not None and totp.secret not in str(row)


def _signed_in_page(client: FlaskClient, person: Person, code: str) -> str:
    assert _enter(client, person, code) == 303
    return client.get("/desk/account").get_data(as_text=True)


def test_a_link_and_an_open_session_do_not_get_around_the_second_factor(wiring: Wiring) -> None:
    clock = At()
    wiring = replace(wiring, clock=clock)
    client, ines = create_app(wiring).test_client(), desk.moderator(wiring)
    _turned_on(client, clock, ines)
    assert post(client, "/desk/account/second-factor/off", code="123456").status_code == 422
    assert post(client, "/desk/account/second-factor/codes", code="").status_code == 422
    link = sign_in.new_link(wiring, ines.id)
    client.delete_cookie("desk_session", path="/desk")
    chosen = post(client, "/desk/welcome/" + link.rpartition("/")[2], password="another long password")
    assert chosen.headers["Location"] == "/desk/sign-in"
    assert client.get_cookie("desk_session", path="/desk") is None and who(wiring, ines) is None


def test_codes_are_not_guessed(wiring: Wiring) -> None:
    clock = At()
    settings = wiring.settings.model_copy(update={"rate_limit_sign_in": "5/10 minutes"})
    wiring = replace(wiring, clock=clock, settings=settings)
    client, ines = create_app(wiring).test_client(), desk.moderator(wiring)
    totp, _codes = _turned_on(client, clock, ines)
    clock.shift_s += 60
    needed = sign_in.sign_in(wiring, ines.email, desk.PASSWORD)
    assert isinstance(needed, sign_in.NeedsCode)
    with client.application.app_context():
        from moderation.web.desk import pending

        noted = pending.note(needed)
    client.delete_cookie("desk_session", path="/desk")
    token = desk.csrf(client)

    def guess(code: str, address: str) -> int:
        fields = {"pending": noted, "code": code, "csrf_token": token}
        answer = client.post("/desk/sign-in/code", data=fields, environ_base={"REMOTE_ADDR": address})
        return answer.status_code

    # Turning it on took two of the five.
    assert [guess(f"{n:06}", f"192.0.2.{n}") for n in range(4)] == [401, 401, 401, 429]
    assert guess(_code(totp, clock), "192.0.2.99") == 429


def test_what_proves_the_password_ends_with_it_and_is_not_made_up(wiring: Wiring) -> None:
    clock = At()
    wiring = replace(wiring, clock=clock)
    client, ines = create_app(wiring).test_client(), desk.moderator(wiring)
    totp, _codes = _turned_on(client, clock, ines)
    clock.shift_s += 60
    needed = sign_in.sign_in(wiring, ines.email, desk.PASSWORD)
    assert isinstance(needed, sign_in.NeedsCode)
    sign_in.use_link(wiring, sign_in.new_link(wiring, ines.id).rpartition("/")[2], "another long password")
    assert sign_in.sign_in_with_code(wiring, needed, _code(totp, clock)) is None
    client.delete_cookie("desk_session", path="/desk")
    for noted in ("", "x", "W10.x.x"):
        assert post(client, "/desk/sign-in/code", pending=noted, code=_code(totp, clock)).status_code == 401
