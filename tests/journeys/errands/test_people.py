"""Errands 5 and 6: what an author may do, and who may do what at the desk."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyotp
import pytest
from sqlalchemy import select

from moderation.storage import moderators, standings
from moderation.storage.schema import passkeys, sessions
from tests.journeys.errands.ways import errand
from tests.journeys.test_passkeys import with_authenticator
from tests.support import moderating as desk
from tests.support.hands import Hand
from tests.support.newsroom import Newsroom

if TYPE_CHECKING:
    from tests.journeys.errands.conftest import SitDown

pytestmark = pytest.mark.browser
CODE = re.compile(r"^[a-z0-9]{5}-[a-z0-9]{5}$", re.M)
NEXT_YEAR = date.today().year + 1


@errand("mouse-1024-light", "keyboard-360-dark")
def test_an_author_is_trusted_for_a_time_banned_and_given_back(room: Newsroom, sit_down: SitDown) -> None:
    (comment_id,) = desk.queue(room.wiring, ["The mayor is a clown."], ["Walter K."])
    hand = sit_down("Ines", "/desk/pending")
    hand.reads("The mayor")
    hand.goes("Walter K.")
    hand.choose("From now on", "trusted")
    hand.set_day("Last day", f"1212{NEXT_YEAR}")
    hand.write("Why, for the team", "Years of good letters.")
    hand.goes("Set")
    hand.says("Standing: trusted until")
    author_id = room.row(comment_id).author_id
    assert _standing(room, author_id) == ("trusted", date(NEXT_YEAR, 12, 12))
    hand.choose("From now on", "banned")
    hand.write("Why, for the team", "A threat, by mail.")
    hand.sends("Set")
    hand.says("Standing: banned")
    assert _standing(room, author_id) == ("banned", None)
    hand.goes("Undo")
    hand.says("(taken back)")
    hand.says("Standing: trusted until")
    assert _standing(room, author_id) == ("trusted", date(NEXT_YEAR, 12, 12))
    assert len(room.logged("author.")) == 3


def _standing(room: Newsroom, author_id: str) -> tuple[str, date | None]:
    with room.wiring.database.read() as conn:
        row = standings.author(conn, author_id)
    assert row is not None
    until = row.standing_until
    # The last day is the last on which it holds.
    return row.standing, datetime.fromtimestamp(until / 1e6 - 1, UTC).date() if until else None


@errand("mouse-360-light", "keyboard-1600-light")
def test_somebody_is_invited_proves_two_things_and_loses_a_role(room: Newsroom, sit_down: SitDown) -> None:
    desk.queue(room.wiring, ["The mayor is a clown.", "The depot is a ruin."])
    ada = sit_down("Ada", "/desk/pending")
    ada.goes("People")
    ada.write("Name", "Mo")
    ada.write("Email", "mo@news.example")
    ada.choose("Role", "Moderator")
    ada.goes("Make a link")
    ada.headed("People")
    link = ada.page.get_by_label("The link").input_value()
    mo = sit_down("", urlsplit(link).path)
    mo.write("Password", desk.PASSWORD)
    mo.sends("Set password and sign in")
    mo.reads("The mayor")
    codes = _turns_codes_on(room, mo)
    mo.press("Mo")
    mo.goes("Sign out")
    _signs_in(mo, codes[0])
    mo.reads("The mayor")
    ada.choose("Role of Mo at every site", "Viewer")
    ada.goes("Give this role to Mo")
    ada.says("Done. The change is in the log.")
    mo.page.reload()
    mo.says("You may look, but not decide.")
    mo.do("next")
    mo.reads("The depot")
    mo.press("Mo")
    mo.goes("Your account", "Sign out everywhere")
    mo.headed("Sign in to the desk")
    with room.wiring.database.read() as conn:
        row = moderators.by_email(conn, "mo@news.example")
    assert row is not None and row.role == "viewer" and row.totp_sealed
    assert not room.rows(select(sessions).where(sessions.c.moderator_id == row.id))
    done = [action for action, _ in (*room.logged("moderator."), *room.logged("second_factor."))]
    assert done[-4:] == ["moderator.added", "moderator.role", "second_factor.on", "second_factor.recovery"]


@errand("mouse-1024-dark", "keyboard-360-light")
def test_a_passkey_is_added_signs_in_and_gets_another_name(room: Newsroom, sit_down: SitDown) -> None:
    desk.queue(room.wiring, ["The mayor is a clown."])
    hand = sit_down("Ines", "/desk/pending")
    with_authenticator(hand.page)
    hand.press("Ines")
    hand.goes("Your account")
    hand.write("Where it will live", "My laptop")
    hand.write("Your password", desk.PASSWORD)
    hand.sends("Add a passkey")
    hand.says("Your recovery codes")
    hand.press("Ines")
    hand.goes("Sign out", "Sign in with a passkey")
    hand.reads("The mayor")
    hand.press("Ines")
    hand.goes("Your account")
    hand.press("Change My laptop")
    hand.write("Name", "The old laptop")
    hand.sends("Rename")
    hand.says("The old laptop")
    (kept,) = room.rows(select(passkeys))
    assert (kept.moderator_id, kept.name) == (room["Ines"].id, "The old laptop") and kept.used_at
    assert [action for action, _ in room.logged("passkey.")] == ["passkey.added", "passkey.named"]


def _turns_codes_on(room: Newsroom, hand: Hand) -> list[str]:
    hand.press("Mo")
    hand.goes("Your account", "Set it up")
    secret = hand.page.inner_text(".key").replace(" ", "")
    hand.write("Code from the app", pyotp.TOTP(secret).at(room.wiring.clock.now_us() // 1_000_000))
    hand.sends("Turn it on")
    hand.says("Your recovery codes")
    return CODE.findall(hand.page.inner_text(".codes"))


def _signs_in(hand: Hand, code: str) -> None:
    hand.write("Email", "mo@news.example")
    hand.write("Password", desk.PASSWORD)
    hand.sends("Sign in")
    hand.headed("One more step")
    hand.write("The code from your app", code)
    hand.sends("Sign in")
