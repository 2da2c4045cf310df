"""Who brings no cookie costs no session; who brings one has it read."""

from unittest.mock import patch

from flask import session
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient


def test_only_who_brings_a_cookie_has_a_session_read(client: FlaskClient) -> None:
    read = SecureCookieSessionInterface.open_session
    with patch.object(SecureCookieSessionInterface, "open_session", autospec=True, side_effect=read) as opened:
        assert "Set-Cookie" not in client.get("/healthz").headers
        assert not opened.called
        client.set_cookie("session", "not.a.session")
        assert client.get("/healthz").status_code == 200
        assert opened.called


def test_a_session_that_is_begun_is_kept(client: FlaskClient) -> None:
    with client.session_transaction() as begun:
        begun["seen"] = "yes"
    with client:
        client.get("/healthz")
        assert session["seen"] == "yes"
