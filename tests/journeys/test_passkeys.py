"""Passkeys in a real Chromium whose authenticator is a virtual one: add, sign in, name, remove, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select, update

from moderation.services import people, sign_in
from moderation.storage import passkeys as stored
from moderation.storage.schema import audit_events, passkeys
from tests.support import moderating as desk
from tests.support.moderating import Person
from tests.support.serving import served_by_name

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

    from moderation.wiring import Wiring

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
CODE = re.compile(r"\b[a-z0-9]{5}-[a-z0-9]{5}\b")
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


# A stick without a PIN, that keeps nothing and only blinks to be touched.
BARE = {"hasUserVerification": False, "isUserVerified": False, "hasResidentKey": False, "transport": "usb"}


@pytest.fixture
def named(wiring: Wiring) -> Iterator[Wiring]:
    with served_by_name(wiring) as named:
        yield named


def with_authenticator(page: Page, **device: Any) -> CDPSession:
    """A finger on a sensor that always fits, unless `device` says otherwise."""
    device_of = page.context.new_cdp_session(page)
    device_of.send("WebAuthn.enable")
    made = device_of.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, **device}})
    device_of.authenticator = made["authenticatorId"]  # type: ignore[attr-defined]
    return device_of


@pytest.fixture
def ada(named: Wiring) -> Person:
    return desk.moderator(named, "Ada")


@pytest.fixture
def open_browser(browser: Browser, named: Wiring) -> Iterator[Callable[..., tuple[Page, CDPSession]]]:
    contexts = []

    def opened(who: Person | None = None, **device: Any) -> tuple[Page, CDPSession]:
        context = browser.new_context(locale="en-GB", base_url=named.settings.public_url)
        contexts.append(context)
        context.set_default_timeout(10_000)
        if who is not None:
            url = named.settings.public_url + "/desk"
            context.add_cookies([{"name": "desk_session", "value": who.token, "url": url}])
        page = context.new_page()
        return page, with_authenticator(page, **device)

    yield opened
    for context in contexts:
        context.close()


def add(page: Page, name: str = "My laptop", password: str = desk.PASSWORD) -> None:
    page.goto("/desk/account")
    page.get_by_label("Where it will live").fill(name)
    page.get_by_label("Your password").fill(password)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Add a passkey").click()
    page.locator("main [role=status], main [role=alert]").first.wait_for()


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def give_password(page: Page, person: Person) -> None:
    page.goto("/desk/sign-in?next=/desk/spam")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(desk.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in_with_it(page: Page, query: str = "") -> None:
    page.goto(f"/desk/sign-in{query}")
    page.get_by_role("button", name="Sign in with a passkey").click()


def is_refused(page: Page) -> None:
    sign_in_with_it(page)
    page.get_by_text("This passkey did not open an account").wait_for()


def administrator(wiring: Wiring) -> sign_in.Moderator:
    found = sign_in.who(wiring, desk.moderator(wiring, "Boss", role="admin").token)
    assert found is not None
    return found


def arrived(page: Page, path: str) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def carry(device: CDPSession, to: CDPSession, **changed: Any) -> None:
    """Copy the device's keys into another's authenticator."""
    for credential in credentials(device):
        to.send(
            "WebAuthn.addCredential",
            {"authenticatorId": to.authenticator, "credential": {**credential, **changed}},  # type: ignore[attr-defined]
        )


def credentials(device: CDPSession) -> list[dict[str, Any]]:
    asked = {"authenticatorId": device.authenticator}  # type: ignore[attr-defined]
    return list(device.send("WebAuthn.getCredentials", asked)["credentials"])


def logged(wiring: Wiring) -> list[tuple[str, str]]:
    with wiring.database.read() as conn:
        return [tuple(row) for row in conn.execute(select(audit_events.c.action, audit_events.c.details))]


def test_a_passkey_is_added_named_signs_in_alone_and_is_removed(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    page, device = open_browser(ada)
    add(page)
    assert "The passkey was added" in page.inner_text("main")
    codes = CODE.findall(page.inner_text("main"))
    assert len(codes) == 10 and len(credentials(device)) == 1
    sign_out(page)
    sign_in_with_it(page, "?next=/desk/rejected")
    arrived(page, "/desk/rejected")
    token = next(each["value"] for each in page.context.cookies() if each["name"] == "desk_session")
    assert token != ada.token
    page.goto("/desk/account")
    assert "last used" in page.inner_text(".keys-held")
    page.get_by_text("Change").click()
    page.get_by_label("Name", exact=True).fill("The blue stick")
    page.get_by_role("button", name="Rename").click()
    page.get_by_text("The blue stick").first.wait_for()
    page.get_by_text("Change").click()
    page.get_by_role("button", name="Remove it").click()
    page.locator(".keys-held").wait_for(state="detached")
    sign_out(page)
    is_refused(page)
    give_password(page, ada)  # nothing is asked for beside it any more
    arrived(page, "/desk/spam")
    actions = [action for action, _ in logged(named)]
    assert [each for each in actions if each.startswith("passkey.")] == [
        "passkey.added", "passkey.named", "passkey.removed",
    ]  # fmt: skip
    assert ("session.began", '{"by":"passkey"}') in logged(named)


def test_with_a_passkey_the_password_alone_opens_nothing_and_recovery_codes_do(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    page, _device = open_browser(ada)
    add(page)
    code = CODE.findall(page.inner_text("main"))[0]
    sign_out(page)
    give_password(page, ada)
    page.get_by_role("button", name="Use your passkey").wait_for()
    assert not any(each["name"] == "desk_session" for each in page.context.cookies())
    page.get_by_label("A recovery code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    arrived(page, "/desk/spam")
    sign_out(page)
    give_password(page, ada)
    page.get_by_label("A recovery code").fill(code)  # each works once
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("not right, or was used already").wait_for()
    page.get_by_role("button", name="Use your passkey").click()
    arrived(page, "/desk/spam")


def test_a_stick_that_asks_nobody_who_they_are_is_enough_only_beside_the_password(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    page, _device = open_browser(ada, **BARE)
    add(page, "A bare stick")
    sign_out(page)
    sign_in_with_it(page)
    page.locator("form .problem, p.problem").first.wait_for()
    assert page.url.endswith(("/desk/sign-in", "/desk/sign-in/passkey"))
    give_password(page, ada)
    page.get_by_role("button", name="Use your passkey").click()
    arrived(page, "/desk/spam")


def posted(page: Page, path: str, form: str) -> int:
    """The status of the answer, asked from within the page: the browser knows localhost where the system does not."""
    asked = """([path, body]) => fetch(path, {method: 'POST', body,
        headers: {'Content-Type': 'application/x-www-form-urlencoded'}}).then(answer => answer.status)"""
    status: int = page.evaluate(asked, [path, form])
    return status


def test_an_answer_is_good_once_and_a_copied_key_is_noticed(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    page, device = open_browser(ada)
    add(page)
    sign_out(page)
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.post_data or "") if asked.method == "POST" else None)
    sign_in_with_it(page)
    arrived(page, "/desk/pending")
    page.wait_for_load_state("networkidle")
    body = next(each for each in sent if "answer=" in each)
    sign_out(page)
    page.goto("/desk/sign-in")
    token = page.locator("[name=csrf_token]").first.get_attribute("value")
    again = re.sub(r"csrf_token=[^&]*", f"csrf_token={token}", body)
    assert posted(page, "/desk/sign-in/passkey", again) == 401
    twin, other = open_browser()
    carry(device, other, signCount=1)
    is_refused(twin)
    assert [action for action, _ in logged(named)].count("session.refused") == 2


def test_an_open_session_is_not_enough_to_add_or_remove_a_passkey(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    page, device = open_browser(ada)
    add(page, password="not the password at all")
    assert "The password is not right. Nothing was changed." in page.inner_text("main")
    add(page)
    thief, _other = open_browser(ada)  # the same session, without the device
    thief.goto("/desk/account")
    thief.get_by_text("Change").click()
    thief.get_by_role("button", name="Remove it").click()
    thief.locator("form .problem").wait_for()
    with named.database.read() as conn:
        assert stored.count(conn, ada.id) == 1
    assert len(credentials(device)) >= 1


def test_nobody_renames_removes_or_answers_with_anothers_passkey(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    eve = desk.moderator(named, "Eve")
    page, device = open_browser(ada)
    add(page)
    with named.database.read() as conn:
        id = stored.of(conn, ada.id)[0].id
    other, others = open_browser(eve)
    add(other, "Eve's own")
    code = CODE.findall(other.inner_text("main"))[0]
    for path, fields in (("name", {"name": "Mine"}), ("remove", {"code": code})):
        token = other.locator("[name=csrf_token]").first.get_attribute("value")
        form = urlencode({**fields, "csrf_token": token})
        assert posted(other, f"/desk/account/passkeys/{id}/{path}", form) == 404
    carry(device, others)  # a key of Ada's does not stand in for Eve's second step
    wiped = others.send("WebAuthn.getCredentials", {"authenticatorId": others.authenticator})  # type: ignore[attr-defined]
    assert len(wiped["credentials"]) == 2
    with named.database.read() as conn:
        assert stored.of(conn, ada.id)[0].name == "My laptop"


def test_an_administrator_takes_lost_passkeys_off_an_account(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    page, _device = open_browser(ada)
    add(page)
    people.reset_second_factor(named, administrator(named), ada.id)
    assert sign_in.who(named, ada.token) is None
    assert isinstance(sign_in.sign_in(named, ada.email, desk.PASSWORD), str)


def test_a_closed_accounts_passkey_opens_nothing(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    page, _device = open_browser(ada)
    add(page)
    people.close(named, administrator(named), ada.id)
    is_refused(page)


def test_a_key_of_somebody_else_in_the_database_opens_nobodys_account(
    named: Wiring, ada: Person, open_browser: Callable[..., tuple[Page, CDPSession]]
) -> None:
    """The device says for whom it made the key: a row that was moved to another account is refused."""
    boss = desk.moderator(named, "Boss", role="admin")
    page, _device = open_browser(ada)
    add(page)
    named.database.write(lambda conn: conn.execute(update(passkeys).values(moderator_id=boss.id)))
    sign_out(page)
    is_refused(page)
