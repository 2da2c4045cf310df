"""The page of what was learned: promote and take back, with the gate's report, and decisions to read once more."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from models import shelf
from moderation.domain.comment import State
from moderation.services import retrain as retraining
from moderation.services import review, second_reading
from moderation.services.review import Decide
from moderation.storage import comments, roles, second_readings
from moderation.storage.schema import audit_events
from moderation.web.app import create_app
from moderation.wiring import Wiring
from tests.services.test_learning import teach
from tests.support import moderating as desk

PAGE = "/desk/learning"


def said(client: FlaskClient, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True)).replace("&#39;", "'")


def post(client: FlaskClient, path: str, **fields: Any) -> Any:
    return desk.post(client, path, json=False, **fields)


def decided(wiring: Wiring, person: desk.Person, text: str, verdict: State) -> str:
    comment_id = desk.comment(wiring, text, name=f"Reader{abs(hash(text))} X")
    with wiring.database.read() as conn:
        version = comments.by_id(conn, comment_id).version  # type: ignore[union-attr]
    review.decide(wiring, Decide(person.id, comment_id, version, verdict))
    return comment_id


def state(wiring: Wiring, comment_id: str) -> tuple[str, int]:
    with wiring.database.read() as conn:
        row = comments.by_id(conn, comment_id)
    assert row is not None
    return row.state, row.version


def offer(wiring: Wiring, *ids: str) -> int:
    site = desk.site(wiring)
    return wiring.database.write(lambda conn: second_readings.offer(conn, site.id, ids, at=1))


def offered(wiring: Wiring) -> list[str]:
    with wiring.database.read() as conn:
        return [row.id for row in second_readings.waiting(conn, desk.site(wiring).id, limit=50)]


def actions(wiring: Wiring, beginning: str) -> list[tuple[str, str]]:
    with wiring.database.read() as conn:
        rows = conn.execute(select(audit_events.c.action, audit_events.c.actor).order_by(audit_events.c.id))
        return [tuple(row) for row in rows if row.action.startswith(beginning)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_lead_puts_what_was_learned_into_service_and_takes_it_back(client: FlaskClient, wiring: Wiring) -> None:
    lena = desk.moderator(wiring, "Lena", role="lead")
    desk.signed_in(client, lena)
    assert "0 decisions of thirty are there" in said(client)
    teach(wiring, 160)
    site = desk.site(wiring)
    done = retraining.retrain(wiring, site)
    assert done.name is not None, done.reasons
    page = said(client)
    assert done.name in page and "tells which is which in" in page and "opinions change sides" in page
    wrong = post(client, f"{PAGE}/promote", site=site.key, name="site-0000000000")
    assert wrong.status_code == 409 and "Nothing was changed" in wrong.get_data(as_text=True)
    assert post(client, f"{PAGE}/promote", site=site.key, name=done.name).status_code == 303
    assert "put into service" in said(client) and "by Lena" in said(client)
    assert post(client, f"{PAGE}/promote", site=site.key, name=done.name).status_code == 409
    assert post(client, f"{PAGE}/rollback", site=site.key, name=done.name).status_code == 303
    assert "The shipped model, with nothing of this site's own yet" in said(client)
    assert post(client, f"{PAGE}/rollback", site=site.key, name=done.name).status_code == 409
    who = f"moderator:{lena.id}"
    assert actions(wiring, "head.")[1:] == [("head.promoted", who), ("head.rolled_back", who)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fit_offers_the_decisions_that_all_others_contradict(wiring: Wiring) -> None:
    teach(wiring, 180)
    ines = desk.moderator(wiring, "Slip")
    slips = [
        decided(wiring, ines, "You stupid idiot, a long evening about the stadium and the people", State.APPROVED),
        decided(wiring, ines, "You stupid idiot, winter letter about the stadium near the river", State.APPROVED),
    ]
    done = retraining.retrain(wiring, desk.site(wiring))
    assert set(slips) & set(done.mistakes)
    assert offered(wiring) == done.mistakes


def test_a_decision_is_kept_once_and_not_asked_again(client: FlaskClient, wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    desk.signed_in(client, ines)
    first, second = (decided(wiring, ines, f"Nothing wrong here, {word}.", State.REJECTED) for word in ("one", "two"))
    assert offer(wiring, second, first, "0" * 26) == 2
    page = said(client)
    assert page.index("here, two") < page.index("here, one") and "the others suggest: approved" in page
    path = f"/desk/comments/{second}/second-reading"
    assert post(client, path, verdict="keep").headers["Location"].endswith("told=kept#readings")
    assert offered(wiring) == [first] and state(wiring, second)[0] == "rejected"
    assert offer(wiring, second, first) == 1, "what was kept is not asked again"
    assert "1 kept, 0 changed" in said(client)
    assert actions(wiring, "reading.") == [("reading.kept", f"moderator:{ines.id}")]
    assert not second_reading.keep(wiring, ines.id, second)


def test_a_decision_is_changed_like_any_other(client: FlaskClient, wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    desk.signed_in(client, ines)
    comment_id = decided(wiring, ines, "You utter clown.", State.APPROVED)
    offer(wiring, comment_id)
    path, (_, version) = f"/desk/comments/{comment_id}/second-reading", state(wiring, comment_id)
    stale = post(client, path, verdict="reject", version=version - 1, reason="insult")
    assert stale.status_code == 303 and state(wiring, comment_id)[0] == "approved"
    assert post(client, path, verdict="reject", version=version, reason="insult").status_code == 303
    assert state(wiring, comment_id) == ("rejected", version + 1)
    assert offered(wiring) == [] and "0 kept, 1 changed" in said(client)
    assert post(client, path, verdict="burn", version=1).status_code == 422


def test_what_was_decided_anew_elsewhere_leaves_the_list(client: FlaskClient, wiring: Wiring) -> None:
    ines = desk.moderator(wiring)
    comment_id = decided(wiring, ines, "You utter clown.", State.APPROVED)
    offer(wiring, comment_id)
    review.decide(wiring, Decide(ines.id, comment_id, state(wiring, comment_id)[1], State.SPAM))
    assert offered(wiring) == []
    offer(wiring, comment_id)
    assert offered(wiring) == [comment_id], "a new decision may be doubted again"


def test_a_viewer_reads_what_was_learned_and_changes_nothing(client: FlaskClient, wiring: Wiring) -> None:
    comment_id = decided(wiring, desk.moderator(wiring), "You utter clown.", State.APPROVED)
    offer(wiring, comment_id)
    desk.signed_in(client, desk.moderator(wiring, "Vera", role="viewer"))
    page = said(client)
    assert "You utter clown." in page and "second-reading" not in page and "/promote" not in page


@pytest.fixture
def with_another(wiring: Wiring, tmp_path: Path) -> Wiring:
    """The service over a shelf on which a model trained anew waits."""
    folder = tmp_path / "models"
    shipped = shelf.pointed(shelf.SHIPPED, shelf.CURRENT)
    for name in (shipped, "first-look-anew"):
        shutil.copytree(shelf.SHIPPED / shipped, folder / name)
    (folder / shelf.CURRENT).write_text(shipped, encoding="ascii")
    shelf.set_candidate(folder, "first-look-anew")
    return replace(wiring, settings=wiring.settings.model_copy(update={"model_dir": folder}))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_administers_all_sites_changes_the_model_of_all_and_takes_it_back(with_another: Wiring) -> None:
    folder, shipped = with_another.settings.model_dir, shelf.pointed(shelf.SHIPPED, shelf.CURRENT)
    client, ada = create_app(with_another).test_client(), desk.moderator(with_another, "Ada", role="admin")
    desk.signed_in(client, ada)
    assert "Put first-look-anew into service for all sites" in said(client)
    stale = post(client, f"{PAGE}/model/promote", name=shipped)
    assert stale.status_code == 409 and "Nothing was changed" in stale.get_data(as_text=True)
    assert post(client, f"{PAGE}/model/promote", name="first-look-anew").status_code == 303
    assert shelf.pointed(folder, shelf.CURRENT) == "first-look-anew"
    assert f"Go back to {shipped} for all sites" in said(client) and "by Ada" in said(client)
    assert post(client, f"{PAGE}/model/rollback", name=shipped).status_code == 409
    assert post(client, f"{PAGE}/model/rollback", name="first-look-anew").status_code == 303
    assert shelf.pointed(folder, shelf.CURRENT) == shipped
    (folder / "first-look-anew" / "arrays.npz").write_bytes(b"broken")
    shelf.set_candidate(folder, "first-look-anew")
    assert "damaged" in post(client, f"{PAGE}/model/promote", name="first-look-anew").get_data(as_text=True)
    assert shelf.pointed(folder, shelf.CURRENT) == shipped
    who = f"moderator:{ada.id}"
    assert actions(with_another, "model.") == [("model.promoted", who), ("model.rolled_back", who)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("everywhere", "here"), [("lead", None), ("none", "admin")])
def test_nobody_else_sees_or_changes_the_model_of_all_sites(
    with_another: Wiring, everywhere: str, here: str | None
) -> None:
    client, person = create_app(with_another).test_client(), desk.moderator(with_another, "Lena", role=everywhere)
    at = {desk.site(with_another).id: here}
    with_another.database.write(lambda conn: roles.set_at_sites(conn, person.id, at))
    desk.signed_in(client, person)
    assert "first-look-anew" not in said(client)
    for path in ("promote", "rollback"):
        assert post(client, f"{PAGE}/model/{path}", name="first-look-anew").status_code == 403
    folder = with_another.settings.model_dir
    assert shelf.pointed(folder, shelf.CURRENT) == shelf.pointed(shelf.SHIPPED, shelf.CURRENT)
