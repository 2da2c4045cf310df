"""The log at the desk: who reads what of it, how it is searched, and what leaves as CSV."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from moderation.services import seal_log, sites
from moderation.storage import audit, log_search, roles
from moderation.storage.log_search import Asked
from moderation.wiring import Wiring
from tests.support import moderating as desk


def _event(
    wiring: Wiring, site_id: str | None, action: str, actor: str = "system", at: int = 0, **details: str
) -> None:
    wiring.database.write(
        lambda conn: audit.record(
            conn, actor=actor, action=action, subject="site:x", at=at or wiring.clock.now_us(), site_id=site_id,
            details=details,
        )
    )  # fmt: skip


def test_the_log_names_who_did_what_and_is_searched(client: FlaskClient, wiring: Wiring) -> None:
    ada = desk.moderator(wiring, "Ada", role="admin")
    comment_id = desk.comment(wiring)
    desk.signed_in(client, ada)
    done = desk.post(client, f"/desk/comments/{comment_id}/decision", verdict="reject", reason="insult", version=1)
    assert done.status_code == 200
    seal_log.run(wiring)
    page = client.get("/desk/log").get_data(as_text=True)
    assert "Rejected (was pending)" in page and "Signed in" not in page.split("<tbody>")[1].split("Rejected")[0]
    assert "Chose a password" in page and "not sealed yet" not in page
    everything = client.get("/desk/log?automatic=1").get_data(as_text=True)
    assert everything.count("<tr>") == page.count("<tr>") + 1  # the first look's
    by_her = client.get(f"/desk/log?actor=moderator:{ada.id}&action=comment.").get_data(as_text=True)
    assert "Rejected (was pending)" in by_her and "Chose a password" not in by_her.split("<tbody>")[1]
    about = client.get(f"/desk/log?subject={comment_id}").get_data(as_text=True)
    assert "Rejected (was pending)" in about and "/desk/comments/" in about and about.count("<tr>") == 3
    assert "No event fits" in client.get("/desk/log?since=2020-01-01&until=2020-01-02").get_data(as_text=True)
    assert client.get("/desk/log?since=yesterday&until=%00&before=x&actor='").status_code == 200


def test_a_lead_reads_only_the_log_of_the_sites_they_lead(client: FlaskClient, wiring: Wiring) -> None:
    own = desk.site(wiring).id
    other = sites.add_site(wiring.database, key="other", name="The Other Post", origins=[], now=1)
    lena = desk.moderator(wiring, "Lena", role="none")
    wiring.database.write(lambda conn: roles.set_at_sites(conn, lena.id, {own: "lead", other: "viewer"}))
    _event(wiring, own, "policy.changed", note="ours")
    _event(wiring, other, "policy.changed", note="theirs")
    desk.signed_in(client, lena)
    for path in ("/desk/log", "/desk/log.csv"):
        said = client.get(path).get_data(as_text=True)
        assert "ours" in said and "theirs" not in said and "password" not in said, path


def test_the_csv_holds_the_chain_and_no_formula(client: FlaskClient, wiring: Wiring) -> None:
    for number in range(3):
        _event(wiring, None, "policy.changed", actor="=cmd()", number=str(number))
    seal_log.run(wiring)
    desk.signed_in(client, desk.moderator(wiring, "Ada", role="admin"))
    answer = client.get("/desk/log.csv?actor==cmd()")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["number"] for row in rows] == ["3", "2", "1"]
    assert {row["actor"] for row in rows} == {"'=cmd()"} and all(len(row["hash"]) == 64 for row in rows)
    assert "Exported the log" in client.get("/desk/log").get_data(as_text=True)


def test_older_events_are_a_page_further(client: FlaskClient, wiring: Wiring) -> None:
    for number in range(60):
        _event(wiring, None, "policy.changed", at=wiring.clock.now_us() + number * 1000, number=str(number))
    desk.signed_in(client, desk.moderator(wiring, "Ada", role="admin"))
    first = client.get("/desk/log?action=policy.").get_data(as_text=True)
    older = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = client.get(older).get_data(as_text=True)
    assert first.count("<tr>") == 51 and second.count("<tr>") == 11


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (Asked(None), "ix_audit_events_people"),
        (Asked(["x"]), "ix_audit_events_people"),
        (Asked(None, actor="moderator:x"), "ix_audit_events_actor"),
        (Asked(None, subject="comment:x"), "ix_audit_events_subject"),
        (Asked(None, subject="x"), "ix_audit_events_subject"),
    ],
)
def test_the_log_is_read_by_an_index(wiring: Wiring, asked: Asked, index: str) -> None:
    with wiring.database.read() as conn:
        query = log_search._found(asked).limit(51).compile(conn.engine, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert index in plan[0], plan
