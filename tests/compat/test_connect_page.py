"""The page "Connect a site": a key is shown once, the live test asks the real address, verdicts show their source."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.domain.site import Site
from moderation.services import api_keys, sites
from moderation.services.add_moderator import add_moderator
from moderation.services.sign_in import use_link
from moderation.wiring import Wiring
from tests.support.desk import csrf_token

PASSWORD = "correct horse battery staple"


@pytest.fixture
def admin(app: Flask, wiring: Wiring, site: Site) -> FlaskClient:
    return _signed_in(app, wiring, "admin")


def _signed_in(app: Flask, wiring: Wiring, role: str) -> FlaskClient:
    link = add_moderator(wiring, email=f"{role}@example.org", name=role.title(), role=role)
    token = use_link(wiring, link.rpartition("/")[2], PASSWORD)
    assert token is not None
    client = app.test_client()
    client.set_cookie("desk_session", token, path="/desk")
    return client


def _post(client: FlaskClient, path: str, **fields: str) -> tuple[int, str]:
    token = csrf_token(client.get("/desk/connect").get_data(as_text=True))
    answer = client.post(path, data={**fields, "csrf_token": token})
    return answer.status_code, answer.get_data(as_text=True)


def _made(page: str) -> str:
    found = re.search(r"<code>([0-9a-f]{12})</code>", page)
    assert found, page[:2000]
    return found[1]


def test_a_key_is_shown_once_and_filled_into_the_recipe(admin: FlaskClient, site: Site) -> None:
    status, page = _post(admin, "/desk/connect/keys", site=site.key, name="Coral on news.example", how="perspective")
    key = _made(page)
    assert status == 200
    assert f"comments:analyze?key={key}" in page
    later = admin.get("/desk/connect").get_data(as_text=True)
    assert key not in later
    assert "Coral on news.example" in later
    assert f"…{key[-2:]}" in later


@pytest.mark.parametrize(
    ("how", "said"), [("perspective", "attributeScores"), ("akismet", "X-akismet-guid"), ("openai", "category_scores")]
)
def test_the_live_test_asks_the_real_address(admin: FlaskClient, site: Site, how: str, said: str) -> None:
    key = _made(_post(admin, "/desk/connect/keys", site=site.key, name="Try", how=how)[1])
    status, page = _post(admin, "/desk/connect/try", how=how, key=key, text="Hello there")
    assert status == 200
    assert "It works." in page
    assert said in page
    assert "It was refused." in _post(admin, "/desk/connect/try", how=how, key="0" * 12, text="Hello")[1]


def test_coral_is_tried_with_its_own_secret(admin: FlaskClient, site: Site, wiring: Wiring) -> None:
    page = _post(admin, "/desk/connect/keys", site=site.key, name="Coral", how="coral", coral_secret="hush")[1]
    found = re.search(r"/coral/phase/([0-9a-v]{26})", page)
    assert found
    assert "hush" not in admin.get("/desk/connect?how=coral").get_data(as_text=True)
    assert "It works." in _post(admin, "/desk/connect/try", how="coral", key_id=found[1], text="Hello")[1]
    assert _post(admin, "/desk/connect/try", how="coral", key_id="0" * 26)[0] == 404


def test_the_form_is_reached_without_storing_anything(admin: FlaskClient, site: Site) -> None:
    page = _post(admin, "/desk/connect/try", how="form", site=site.key, text="Hello")[1]
    assert "It works." in page or "(no body" in page


def test_a_revoked_key_is_told_as_such(admin: FlaskClient, site: Site, wiring: Wiring) -> None:
    made = api_keys.add_key(wiring, site, name="Old", by="operator")
    assert "no longer works" in _post(admin, f"/desk/connect/keys/{made.id}/revoke")[1]
    assert _post(admin, "/desk/connect/keys", site=site.key, name=" ")[0] == 422
    assert _post(admin, "/desk/connect/keys", site="nobody", name="x")[0] == 404


def test_another_sites_key_is_not_there(app: Flask, wiring: Wiring, admin: FlaskClient, site: Site) -> None:
    sites.add_site(wiring.database, key="other", name="Other", origins=[], now=1)
    wiring.sites.forget()
    made = api_keys.add_key(wiring, site, name="Ours", by="operator")
    status, page = _post(admin, "/desk/people", email="x@example.org", name="X", role="admin", at="other")
    link = re.search(r"/desk/welcome/(\S+?)\"", page)
    assert status == 200
    assert link
    token = use_link(wiring, link[1], PASSWORD)
    assert token is not None
    other = app.test_client()
    other.set_cookie("desk_session", token, path="/desk")
    assert "Ours" not in other.get("/desk/connect").get_data(as_text=True)
    assert _post(other, f"/desk/connect/keys/{made.id}/revoke")[0] == 404
    assert _post(other, "/desk/connect/keys", site=site.key, name="Mine")[0] == 404


FEEDBACK = {
    "perspective.suggestscore": ("/v1alpha1/comments:suggestscore?key={}", {
        "comment": {"text": "You <b>fool</b>"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
    }, "Rejected"),
    "coral.suggestscore": ("/v1alpha1/comments:suggestscore?key={}", {
        "comment": {"text": "You <b>fool</b>"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "communityId": "Coral:https://coral.news.example", "clientToken": "comment:c1", "languages": ["en"],
    }, "Approved"),
    "akismet.submit-spam": ("/1.1/submit-spam?api_key={}", {"comment_content": "You <b>fool</b>"}, "Spam"),
    "akismet.submit-ham": ("/1.1/submit-ham?api_key={}", {"comment_content": "You <b>fool</b>"}, "Approved"),
}  # fmt: skip


@pytest.mark.parametrize("source", FEEDBACK)
def test_a_verdict_that_came_back_shows_once_with_its_source(
    admin: FlaskClient, client: FlaskClient, key: str, source: str
) -> None:
    address, told, verdict = FEEDBACK[source]
    for _ in range(2):
        assert client.post(address.format(key), json=told).status_code == 200
    page = admin.get("/desk/connect").get_data(as_text=True)
    rows = re.findall(r"<tr><td class=\"words\">.*?</tr>", page, re.DOTALL)
    assert len(rows) == 1
    assert "You &lt;b&gt;fool" in rows[0]
    assert f"<td>{verdict}</td>" in rows[0]
    assert f"<td>{source}<br>" in rows[0]
    assert "Tests" in rows[0], "and the key that brought it"
