"""The policy at the desk: tried on the past before it is saved, logged with before and after, taken back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.domain.comment import Band
from moderation.services import review, seed_demo
from moderation.services.review import Decide
from moderation.services.what_if import seconds_a_decision, what_if
from moderation.storage import sites
from moderation.storage.schema import audit_events, comments, threads
from moderation.wiring import Wiring
from tests.support import moderating as desk

FORM: dict[str, Any] = {
    "mode": "autopilot", "links_held_above": "2", "links_spam_above": "9", "close_after_days": "0",
    "oldest_target_minutes": "240", "max_wrong_approvals": "1", "max_wrong_rejections": "5", "approve_below": "",
    "reject_from": "", "spam_from": "", "rejected_words": "", "reviewed_words": "",
    "spam_words": "", "blocked_hosts": "",
}  # fmt: skip


@pytest.fixture
def lead(client: FlaskClient, wiring: Wiring) -> FlaskClient:
    desk.site(wiring)
    return desk.signed_in(client, desk.moderator(wiring, "Lena", role="lead"))


def post(client: FlaskClient, wiring: Wiring, path: str, **fields: Any) -> Any:
    given = {**FORM, "site": wiring.settings.site_key, "version": "1", **fields}
    return desk.post(client, path, json=False, **given)


def tried(client: FlaskClient, wiring: Wiring, **fields: Any) -> str:
    shown = post(client, wiring, "/desk/policy/try", **fields).get_data(as_text=True)
    found = re.search(r'name="tried" value="([0-9a-f]+)"', shown)
    assert found is not None, shown[-3000:]
    return found[1]


def save(client: FlaskClient, wiring: Wiring, **fields: Any) -> int:
    digest = tried(client, wiring, **fields)
    return int(post(client, wiring, "/desk/policy", tried=digest, **fields).status_code)


def policy_of(wiring: Wiring) -> Any:
    with wiring.database.read() as conn:
        row = sites.by_key(conn, wiring.settings.site_key)
    assert row is not None
    return row


def test_replaying_the_policy_in_force_decides_as_it_did(wiring: Wiring) -> None:
    site = desk.site(wiring)
    seed_demo.seed(wiring)
    compared = what_if(wiring, site.id, site.policy, site.policy)
    with wiring.database.read() as conn:
        bands = list(conn.execute(select(comments.c.band).where(comments.c.site_id == site.id)).scalars())
    assert compared.comments == len(bands) > 20 and compared.flipped == 0
    assert compared.after.bands == {band: bands.count(band) for band in set(bands)}
    assert len({*bands} - {Band.UNSCORED}) > 1, "the replay is of more than one outcome"


def test_what_the_replay_says_is_what_then_happens(lead: FlaskClient, wiring: Wiring) -> None:
    texts = [f"The council meets on day {n} to talk about the depot." for n in range(6)]
    texts[2] += " What a specialist!"
    texts[4] += " Bring cialis please."
    for number, text in enumerate(texts):
        desk.comment(wiring, text, held=False, name=f"R{number} Z")
    site = desk.site(wiring)
    own = {"spam_words": ["cialis"], "mode": "autopilot"}
    compared = what_if(wiring, site.id, site.policy, wiring.sites.policy_with(own, version=2))
    assert [(each.word, each.hits) for each in compared.words] == [("cialis", 1)]
    assert [flip.past.text for flip in compared.flips] == [texts[4]]
    assert compared.flips[0].after.band is Band.AUTO_SPAM
    assert save(lead, wiring, spam_words="cialis\n\ncialis") == 303
    wiring.sites.forget()
    now = desk.comment(wiring, texts[4] + " Again.", held=False, name="New Y")
    with wiring.database.read() as conn:
        assert conn.execute(select(comments.c.state).where(comments.c.id == now)).scalar_one() == "spam"


def test_the_replay_counts_mistakes_against_moderators(wiring: Wiring) -> None:
    site, ines = desk.site(wiring), desk.moderator(wiring)
    ids = [desk.comment(wiring, f"Held number {n}, with the word grackle.", name=f"R{n} X") for n in range(4)]
    for number, comment_id in enumerate(ids):
        verdict = review.VERDICTS["approve" if number else "reject"]
        review.decide(wiring, Decide(ines.id, comment_id, 1, verdict))
    other = wiring.sites.policy_with({"rejected_words": ["grackle"]}, version=2)
    compared = what_if(wiring, site.id, site.policy, other)
    assert (compared.with_a_person, compared.after.refused, compared.after.wrong_rejections) == (4, 4, 3)
    assert compared.before.wrong_rejections == compared.before.wrong_approvals == 0
    assert sum(flip.against_a_person for flip in compared.flips[:3]) == 3, "mistakes come first"


def test_the_pace_is_the_median_pause_without_breaks() -> None:
    times = [("moderator:a", at * 8_000_000) for at in range(40, 0, -1)]
    times += [("moderator:b", 1)]
    assert seconds_a_decision(times) == 8.0
    assert seconds_a_decision(times[:10]) is None


def test_nothing_is_saved_that_was_not_tried(lead: FlaskClient, wiring: Wiring) -> None:
    digest = tried(lead, wiring, mode="assist")
    shown = post(lead, wiring, "/desk/policy", mode="review_all", tried=digest)
    assert shown.status_code == 200 and "Save this policy" in shown.get_data(as_text=True)
    assert post(lead, wiring, "/desk/policy", mode="assist").status_code == 200
    assert policy_of(wiring).policy_version == 1
    assert post(lead, wiring, "/desk/policy", mode="assist", tried=digest).status_code == 303
    assert json.loads(policy_of(wiring).policy) == {"mode": "assist"}


def test_a_change_is_logged_with_before_and_after_and_taken_back(lead: FlaskClient, wiring: Wiring) -> None:
    assert save(lead, wiring, mode="assist", reviewed_words="mayor") == 303
    assert "max_wrong" not in policy_of(wiring).policy, "what equals the default is not written down"
    assert save(lead, wiring, mode="review_all", version="2") == 303
    back = {"to_version": "2", "version": "3"}
    assert post(lead, wiring, "/desk/policy/take-back", **back).status_code == 303
    row = policy_of(wiring)
    assert row.policy_version == 4
    assert json.loads(row.policy) == {"mode": "assist", "reviewed_words": ["mayor"]}
    with wiring.database.read() as conn:
        events = conn.execute(
            select(audit_events).where(audit_events.c.action.like("policy.%")).order_by(audit_events.c.id)
        ).all()
    said = [json.loads(event.details) for event in events]
    assert [event.action for event in events] == ["policy.changed", "policy.changed", "policy.taken_back"]
    assert said[0]["mode"] == {"before": "autopilot", "after": "assist"}
    assert said[0]["reviewed_words"] == {"added": ["mayor"], "taken out": []}
    assert said[1]["reviewed_words"] == {"added": [], "taken out": ["mayor"]}
    page = lead.get("/desk/policy").get_data(as_text=True)
    assert "Mode: Assist → Review all" in page and "Go back to version 1" in page and "Lena" in page
    assert post(lead, wiring, "/desk/policy/take-back", to_version="99", version="4").status_code == 404


def test_of_two_who_change_it_at_once_one_is_told(lead: FlaskClient, wiring: Wiring) -> None:
    assert save(lead, wiring, mode="assist") == 303
    digest = tried(lead, wiring, mode="review_all")
    late = post(lead, wiring, "/desk/policy", mode="review_all", tried=digest, version="1")
    assert late.status_code == 409 and "Somebody changed this policy" in late.get_data(as_text=True)
    assert json.loads(policy_of(wiring).policy) == {"mode": "assist"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("mode", "yolo", "choose one of the modes"),
        ("links_held_above", "-1", "give a whole number, 0–100"),
        ("links_spam_above", "1", "must not be below"),
        ("close_after_days", "９", "give a whole number"),
        ("approve_below", "20", "give a share in percent"),
        ("spam_from", "200", "give a share in percent"),
        ("max_wrong_approvals", "none", "give a share in percent, 0.01–50"),
        ("max_wrong_rejections", "51", "give a share in percent, 0.01–50"),
        ("rejected_words", "x" * 101, "is too long"),
        ("rejected_words", "...", "has no letter or figure"),
        ("spam_words", "\n".join(f"w{n}" for n in range(2001)), "at most 2000 words fit"),
        ("blocked_hosts", "not a host", "is no host name"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_mend(
    lead: FlaskClient, wiring: Wiring, field: str, value: str, said: str
) -> None:
    answer = post(lead, wiring, "/desk/policy", **{field: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and said in page and "Nothing was saved" in page
    assert policy_of(wiring).policy_version == 1


def test_a_thread_can_be_stricter_than_its_site_and_be_closed(lead: FlaskClient, wiring: Wiring) -> None:
    calm = "The council meets on Tuesday to talk about the depot."
    desk.comment(wiring, calm, held=False)
    missing = post(lead, wiring, "/desk/policy/thread", url="https://nowhere.test/x", thread_mode="review_all")
    assert missing.status_code == 422 and "Nobody commented under this address" in missing.get_data(as_text=True)
    assert post(lead, wiring, "/desk/policy/thread", url=desk.THREAD, thread_mode="review_all").status_code == 303
    here = desk.comment(wiring, calm + " Or Friday.", held=False, name="One X")
    there = desk.comment(wiring, calm + " Or Monday.", held=False, name="Two X", thread_url=desk.THREAD + "/2")
    with wiring.database.read() as conn:
        bands = {row.id: row.band for row in conn.execute(select(comments))}
    assert bands[here] == Band.REVIEW and bands[there] != Band.REVIEW
    from moderation.services import look_again

    look_again.run(wiring, [here])
    with wiring.database.read() as conn:
        assert conn.execute(select(comments.c.state).where(comments.c.id == here)).scalar_one() == "pending"
    closed = post(lead, wiring, "/desk/policy/thread", url=desk.THREAD, thread_open="closed")
    assert closed.status_code == 303
    with wiring.database.read() as conn:
        row = conn.execute(select(threads).where(threads.c.url == desk.THREAD)).one()
    assert not row.open and row.policy is None
    assert "closed" in lead.get("/desk/policy").get_data(as_text=True).split('id="threads"')[1]


def test_a_script_gets_the_replay_alone(lead: FlaskClient, wiring: Wiring) -> None:
    fields = {**FORM, "site": wiring.settings.site_key, "csrf_token": desk.csrf(lead)}
    part = lead.post("/desk/policy/try", data=fields, headers={"X-Part": "what-if"}).get_data(as_text=True)
    assert "<html" not in part and "Save this policy" in part
