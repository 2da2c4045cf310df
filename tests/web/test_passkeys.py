"""Passkeys without a browser: what is refused however it is written, throttling, and places without a name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from moderation.web.app import create_app
from moderation.wiring import Wiring
from tests.support import moderating as desk

ANSWERS = [
    "", "x", "[]", "null", "1", "{}", '{"id": 1}', '{"id": "a", "rawId": "a", "type": "public-key", "response": {}}',
    json.dumps({"id": "é", "rawId": "\ud800", "type": "x", "response": {"userHandle": "%%%"}}),
    json.dumps({"id": "a" * 3000}), "{" * 5000, '{"id": ' + "[" * 5000,
]  # fmt: skip


def noted(client: FlaskClient, path: str = "/desk/sign-in/passkey") -> str:
    return str(client.get(path).get_json()["noted"])


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_that_somebody_made_up_opens_or_breaks_anything(client: FlaskClient, answer: str) -> None:
    fields = {"noted": noted(client), "answer": answer, "next": ""}
    said = desk.post(client, "/desk/sign-in/passkey", json=False, **fields)
    assert said.status_code == 401 and "did not open an account" in said.get_data(as_text=True)
    assert client.get_cookie("desk_session", path="/desk") is None


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_passkey_is_added_by_an_answer_that_somebody_made_up(
    client: FlaskClient, wiring: Wiring, answer: str
) -> None:
    desk.signed_in(client, desk.moderator(wiring))
    fields = {"noted": noted(client, "/desk/account/passkeys/challenge?for=add"), "answer": answer}
    said = desk.post(client, "/desk/account/passkeys", json=False, name="x", password=desk.PASSWORD, **fields)
    assert said.status_code == 422


def test_a_challenge_is_for_one_purpose_and_one_person(client: FlaskClient, wiring: Wiring) -> None:
    from flask import current_app

    from moderation.web.desk import pending

    with client.application.app_context():
        assert current_app.secret_key
        _, note = pending.new_challenge("add", "ada")
        assert pending.read_answer("add", note, "{}", "ada") is not None
        for purpose, whose in (("prove", "ada"), ("add", "eve"), ("alone", "")):
            assert pending.read_answer(purpose, note, "{}", whose) is None
        assert pending.read_answer("add", note, "x" * 30_000, "ada") is None
        assert pending.read_answer("add", note + "x", "{}", "ada") is None


def test_passkeys_are_tried_no_more_often_than_passwords(wiring: Wiring) -> None:
    limited = replace(wiring, settings=wiring.settings.model_copy(update={"rate_limit_sign_in": "3/10 minutes"}))
    client = create_app(limited).test_client()
    tries = [desk.post(client, "/desk/sign-in/passkey", json=False, answer="{}").status_code for _ in range(4)]
    assert tries == [401, 401, 401, 429]
    ines = desk.moderator(wiring)
    desk.signed_in(client, ines)
    tries = [
        desk.post(client, "/desk/account/passkeys", json=False, name="x", password="guess").status_code
        for _ in range(4)
    ]
    assert tries == [422, 422, 422, 429]


def test_a_bare_network_address_offers_no_passkeys_and_says_why(wiring: Wiring) -> None:
    bare = replace(wiring, settings=wiring.settings.model_copy(update={"public_url": "http://192.0.2.7:8000"}))
    client = create_app(bare).test_client()
    assert "passkey" not in client.get("/desk/sign-in").get_data(as_text=True).replace("passkeys.js", "")
    desk.signed_in(client, desk.moderator(bare))
    assert "Passkeys need a name" in client.get("/desk/account").get_data(as_text=True)
