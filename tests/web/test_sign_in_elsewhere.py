"""Signing in at an identity provider that signs real tokens: who gets in, who does not, and what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation import wiring as wirings
from moderation.services import people, second_factor, sign_in
from moderation.storage import moderators
from moderation.storage.schema import audit_events
from moderation.web.app import create_app
from moderation.wiring import Wiring
from tests.support import moderating as desk
from tests.support.provider import CLIENT, SECRET, Provider, running_provider

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def there(wiring: Wiring, provider: Provider) -> Wiring:
    return known_at(wiring, provider)


def known_at(wiring: Wiring, provider: Provider, **more: Any) -> Wiring:
    given = {
        "oidc_issuer": provider.address, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET,
        "oidc_name": "the Post's accounts", **more,
    }  # fmt: skip
    settings = wiring.settings.model_copy(update=given)
    return replace(wiring, settings=settings, elsewhere=wirings.identity_provider(settings))


@pytest.fixture
def client(there: Wiring) -> FlaskClient:
    return create_app(there).test_client()


def there_and_back(client: FlaskClient, following: str = "") -> Any:
    """What a browser does: leave by the link, agree at the provider, come back."""
    left = client.get("/desk/sign-in/elsewhere", query_string={"next": following} if following else {})
    assert left.status_code == 303, left.get_data(as_text=True)
    return client.get(sent_back(left.headers["Location"]))


def sent_back(address: str) -> str:
    answer = requests.get(address, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/desk/sign-in/elsewhere/back"
    return f"{back.path}?{back.query}"


def said(answer: Any) -> str:
    return str(answer.get_data(as_text=True)).replace("&#39;", "'")


def test_who_was_invited_gets_in_by_the_address_that_was_checked(
    client: FlaskClient, there: Wiring, provider: Provider
) -> None:
    ada = desk.moderator(there, "Ada")
    page = said(client.get("/desk/sign-in?next=/desk/rejected"))
    assert "Sign in with the Post's accounts" in page
    answer = there_and_back(client, "/desk/rejected")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/rejected")
    assert ada.email in said(client.get("/desk/account"))
    with there.database.read() as conn:
        rows = conn.execute(select(audit_events.c.action, audit_events.c.details)).all()
    assert ("identity.bound", "{}") in rows and ("session.began", '{"by":"provider"}') in rows
    provider.turn_the_key()  # and nobody has to start anything again
    for address in list(there.elsewhere._known):  # type: ignore[union-attr]
        at, found = there.elsewhere._known[address]  # type: ignore[union-attr]
        there.elsewhere._known[address] = (at - 60, found)  # type: ignore[union-attr]
    assert there_and_back(client).status_code == 303


def test_a_session_that_somebody_planted_is_never_taken_over(client: FlaskClient, there: Wiring) -> None:
    desk.moderator(there, "Ada")
    mallory = desk.moderator(there, "Mallory")
    client.set_cookie("desk_session", mallory.token, path="/desk")
    assert there_and_back(client).status_code == 303
    fresh = client.get_cookie("desk_session", path="/desk")
    assert fresh is not None and fresh.value != mallory.token and sign_in.who(there, mallory.token) is None


def test_an_address_told_only_when_asked_again_is_enough(
    client: FlaskClient, there: Wiring, provider: Provider
) -> None:
    desk.moderator(there, "Ada")
    provider.tells_later = True
    assert there_and_back(client).status_code == 303 and "/userinfo" in provider.asked


def test_nobody_else_gets_in(client: FlaskClient, there: Wiring, provider: Provider) -> None:
    answer = there_and_back(client)
    assert answer.status_code == 403 and "There is no account here for ada@desk.test" in said(answer)
    assert client.get_cookie("desk_session", path="/desk") is None
    with there.database.read() as conn:
        assert moderators.by_email(conn, "ada@desk.test") is None


@pytest.mark.parametrize("verified", [False, None, "false", "true"])
def test_an_address_that_was_not_checked_opens_nothing(
    client: FlaskClient, there: Wiring, provider: Provider, verified: Any
) -> None:
    desk.moderator(there, "Ada")
    assert provider.person is not None
    provider.person["email_verified"] = verified
    answer = there_and_back(client)
    assert answer.status_code == 403 and "does not confirm that your email address" in said(answer)


def test_the_operator_may_believe_all_addresses_and_open_the_door_to_a_domain(
    wiring: Wiring, provider: Provider
) -> None:
    assert provider.person is not None
    del provider.person["email_verified"]
    trusting = known_at(wiring, provider, oidc_trust_emails=True, oidc_domains=("desk.test",), oidc_role="moderator")
    assert there_and_back(create_app(trusting).test_client()).status_code == 303
    with trusting.database.read() as conn:
        row = moderators.by_email(conn, "ada@desk.test")
    assert row is not None and (row.role, row.name, row.password_hash) == ("moderator", "Ada L.", None)
    provider.person.update(sub="eve", email="eve@desk.test.evil.test")
    assert there_and_back(create_app(trusting).test_client()).status_code == 403


def test_an_address_that_was_given_to_somebody_else_there_opens_nothing(
    client: FlaskClient, there: Wiring, provider: Provider
) -> None:
    desk.moderator(there, "Ada")
    assert there_and_back(client).status_code == 303
    assert provider.person is not None
    provider.person["sub"] = "another-ada"
    assert there_and_back(create_app(there).test_client()).status_code == 403
    provider.person.update(sub="ada-1", email="ada.married@desk.test", email_verified=False)
    assert there_and_back(create_app(there).test_client()).status_code == 303


def test_a_closed_account_stays_closed(client: FlaskClient, there: Wiring, provider: Provider) -> None:
    ada, boss = desk.moderator(there, "Ada"), desk.moderator(there, "Boss", role="admin")
    assert there_and_back(client).status_code == 303
    who = sign_in.who(there, boss.token)
    assert who is not None
    people.close(there, who, ada.id)
    assert there_and_back(client).status_code == 403


def test_the_second_factor_is_asked_for_all_the_same(client: FlaskClient, there: Wiring) -> None:
    import pyotp

    ada = desk.moderator(there, "Ada")
    secret = second_factor.new_secret()
    assert second_factor.turn_on(there, ada.id, secret, pyotp.TOTP(secret).now()) is not None
    answer = there_and_back(client, "/desk/spam")
    assert answer.status_code == 200 and "The code from your app" in said(answer)
    assert 'name="next" value="/desk/spam"' in said(answer)
    assert client.get_cookie("desk_session", path="/desk") is None


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another"}, {"iss": "https://evil.test"}, {"nonce": "another"}, {"exp": 1}, {"iat": 99999999999},
        {"azp": "another", "aud": [CLIENT, "another"]},
    ],
)  # fmt: skip
def test_a_token_for_somebody_else_or_another_time_is_not_believed(
    client: FlaskClient, there: Wiring, provider: Provider, lie: dict[str, Any]
) -> None:
    desk.moderator(there, "Ada")
    provider.lies = lie
    answer = there_and_back(client)
    assert answer.status_code == 403 and "cannot be checked" in said(answer)


@pytest.mark.parametrize("how", ["forged", "unsigned"])
def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    client: FlaskClient, there: Wiring, provider: Provider, how: str
) -> None:
    desk.moderator(there, "Ada")
    setattr(provider, how, True)
    assert "cannot be checked" in said(there_and_back(client))


def test_what_did_not_begin_in_this_browser_ends_nowhere(client: FlaskClient, there: Wiring) -> None:
    """Somebody who gets a moderator to open their own link back would be signed in as them: not here."""
    desk.moderator(there, "Ada")
    back = sent_back(client.get("/desk/sign-in/elsewhere").headers["Location"])
    other = create_app(there).test_client()
    assert other.get(back).status_code == 403
    assert client.get("/desk/sign-in/elsewhere/back?code=x&state=y").status_code == 403
    assert client.get(back).status_code == 403  # the attempt was used up
    assert client.get("/desk/sign-in/elsewhere/back").status_code == 403


def test_a_code_that_was_stolen_on_the_way_is_worth_nothing(client: FlaskClient, there: Wiring) -> None:
    """Another attempt has another verifier, and the provider refuses the code."""
    desk.moderator(there, "Ada")
    thief = create_app(there).test_client()
    stolen = sent_back(client.get("/desk/sign-in/elsewhere").headers["Location"])
    own = thief.get("/desk/sign-in/elsewhere").headers["Location"]
    state = dict(part.split("=") for part in urlsplit(own).query.split("&"))["state"]
    code = dict(part.split("=") for part in urlsplit(stolen).query.split("&"))["code"]
    assert thief.get(f"/desk/sign-in/elsewhere/back?code={code}&state={state}").status_code == 403


def test_who_does_not_agree_is_told_so(client: FlaskClient, provider: Provider) -> None:
    provider.person = None
    assert "You did not agree at the Post's accounts" in said(there_and_back(client))


def test_a_provider_that_is_away_leaves_the_password(wiring: Wiring, provider: Provider) -> None:
    away = known_at(wiring, provider, oidc_issuer="http://127.0.0.1:9")
    client = create_app(away).test_client()
    left = client.get("/desk/sign-in/elsewhere", follow_redirects=True)
    assert left.status_code == 200 and "The Post's accounts does not answer" in said(left)
    assert 'name="password"' in said(left)


def test_without_a_provider_there_is_no_such_page(wiring: Wiring) -> None:
    client = create_app(wiring).test_client()
    assert client.get("/desk/sign-in/elsewhere").status_code == 404
    assert client.get("/desk/sign-in/elsewhere/back?state=x").status_code == 404


def test_coming_back_is_limited_like_every_attempt(there: Wiring) -> None:
    limited = replace(there, settings=there.settings.model_copy(update={"rate_limit_sign_in": "3/10 minutes"}))
    client = create_app(limited).test_client()
    tries = [client.get("/desk/sign-in/elsewhere/back?code=x&state=y").status_code for _ in range(4)]
    assert tries == [403, 403, 403, 429]
