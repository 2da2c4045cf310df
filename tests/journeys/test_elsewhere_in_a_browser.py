"""There and back again in a real Chromium, between two sites: what cookies and the page's own policy allow counts."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from moderation import wiring as wirings
from moderation.web.app import create_app
from tests.support import moderating as desk
from tests.support.processes import free_port
from tests.support.provider import CLIENT, SECRET, running_provider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from moderation.wiring import Wiring

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def test_somebody_signs_in_at_the_organisation_and_lands_where_they_wanted(wiring: Wiring, browser: Browser) -> None:
    port = free_port()
    with running_provider() as provider:
        settings = wiring.settings.model_copy(
            update={
                "public_url": f"http://localhost:{port}", "oidc_issuer": provider.address, "oidc_client_id": CLIENT,
                "oidc_client_secret": SECRET, "oidc_name": "the Post's accounts",
            }
        )  # fmt: skip
        there = replace(wiring, settings=settings, elsewhere=wirings.identity_provider(settings))
        desk.moderator(there, "Ada")
        server = make_server("127.0.0.1", port, create_app(there), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            context = browser.new_context(locale="en-GB", base_url=settings.public_url)
            context.set_default_timeout(30_000)
            page = context.new_page()
            page.goto("/desk/rejected")  # who is signed out is asked to sign in, and comes back here
            page.get_by_role("link", name="Sign in with the Post's accounts").click()
            page.wait_for_url(lambda url: url.endswith("/desk/rejected") and "sign-in" not in url)
            assert "Ada" in page.inner_text(".menu summary")
            assert "code=" not in page.url and not page.evaluate("document.referrer").startswith(provider.address)
            context.close()
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
