"""Keys, their use and the verdicts they bring, on both databases."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from werkzeug.exceptions import TooManyRequests

from moderation.services import api_keys, feedback, first_site, reseal
from moderation.services.api_keys import Key, Keys
from moderation.services.api_keys_usage import DAY_US, Usage
from moderation.services.feedback import Feedback, TooMuchFeedback
from moderation.storage.vault import Vault
from moderation.web.compat import door as door_module
from moderation.web.compat.door import Door
from moderation.web.limits import make_throttle
from moderation.wiring import Wiring
from tests.support.databases import KINDS, Databases


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, new_databases: Databases) -> str:
    return new_databases.migrated(request.param)


@pytest.fixture
def holder(wiring: Wiring) -> Key:
    first_site.ensure(wiring)
    site = wiring.sites.by_key(wiring.settings.site_key)
    assert site is not None
    made = api_keys.add_key(wiring, site, name="A  blog", by="operator", coral_secret="hush")
    assert re.fullmatch(r"[0-9a-f]{12}", made.key)
    found = Keys(wiring.database, wiring.vault).find(made.key)
    assert found is not None
    return found


def test_a_key_speaks_for_its_site_until_it_is_revoked(wiring: Wiring, holder: Key) -> None:
    assert (holder.site_key, holder.name, holder.coral_secret) == (wiring.settings.site_key, "A blog", "hush")
    keys = Keys(wiring.database, wiring.vault)
    assert keys.by_id(holder.id) == holder
    assert keys.find("0" * 12) is None
    assert keys.find("not a key") is None
    api_keys.revoke_key(wiring, holder.id, by="operator")
    assert Keys(wiring.database, wiring.vault).by_id(holder.id) is None
    assert [row.revoked_at is None for row in api_keys.all_keys(wiring)] == [False]


def test_uses_add_up_by_day_and_blog(wiring: Wiring, holder: Key) -> None:
    usage = Usage(wiring)
    today = wiring.clock.now_us() // DAY_US
    for blog, what in (("a.example", "spam"), ("a.example", "ham"), ("b.example", "ham")):
        usage.count(holder.id, what, blog=blog)
    usage.flush()
    usage.count(holder.id, "spam", "missed_spam", blog="a.example")
    found = {row.blog: row for row in usage.between(holder.id, today - 1, today + 1)}
    assert (found["a.example"].calls, found["a.example"].spam, found["a.example"].missed_spam) == (3, 2, 1)
    assert (found["b.example"].calls, found["b.example"].ham) == (1, 1)
    assert usage.between(holder.id, today - 9, today - 8) == []


def test_the_last_verdict_on_a_text_counts(wiring: Wiring, holder: Key) -> None:
    def send(text: str, verdict: str = "spam") -> bool:
        return feedback.take_feedback(wiring, holder, Feedback("akismet.submit-spam", text, verdict))  # type: ignore[arg-type]

    assert send("Cheap  watches\x00 \ud800")
    assert send("cheap watches\x00 \ud800", "approved")
    assert not send("   ")
    rows = feedback.newest(wiring, 10)
    assert [(row.verdict, row.key_name, row.source) for row in rows] == [("approved", "A blog", "akismet.submit-spam")]


def test_above_its_share_a_key_teaches_no_more(wiring: Wiring, holder: Key) -> None:
    few = replace(wiring, settings=wiring.settings.model_copy(update={"feedback_per_key": 1}))
    assert feedback.take_feedback(few, holder, Feedback("x", "One", "spam"))
    assert feedback.take_feedback(few, holder, Feedback("x", "one", "approved"))
    with pytest.raises(TooMuchFeedback):
        feedback.take_feedback(few, holder, Feedback("x", "Two", "spam"))


def test_a_busy_keys_calls_are_counted_in_blocks_and_a_quiet_ones_one_by_one(
    wiring: Wiring, holder: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = wiring.settings.model_copy(update={"rate_limit_keys": "400/minute"})
    door = Door(replace(wiring, settings=settings), make_throttle(wiring))
    now, costs, take = [100.0], [], door.throttle.take

    def taken(limit: str, *, scope: str, key: str, cost: int = 1) -> None:
        costs.append(cost)
        take(limit, scope=scope, key=key, cost=cost)

    monkeypatch.setattr(door.throttle, "take", taken)
    monkeypatch.setattr(door_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for _ in range(1 + 2 + 4 + 8 + 16 + 20 + 5):
        assert door.admit_by_id(holder.id)
    assert costs == [1, 2, 4, 8, 16, 20, 20]
    for _ in range(3):
        now[0] += 2
        door.admit_by_id(holder.id)
    assert costs[7:] == [1, 1, 1]
    with pytest.raises(TooManyRequests):
        for _ in range(400):
            door.admit_by_id(holder.id)
    assert sum(costs) <= 400 + 20


def test_corals_secret_survives_a_change_of_keys_and_a_lost_one_lets_nobody_in(wiring: Wiring, holder: Key) -> None:
    old, new = wiring.settings.email_keys[0], Fernet.generate_key().decode()
    both = replace(wiring, vault=Vault([new, old], wiring.settings.email_hash_key))
    list(reseal.reseal(both))
    only_new, only_old = (Vault([one], wiring.settings.email_hash_key) for one in (new, old))
    found = Keys(wiring.database, only_new).by_id(holder.id)
    assert found is not None
    assert found.coral_secret == "hush"
    lost = Keys(wiring.database, only_old).by_id(holder.id)
    assert lost is not None
    assert lost.coral_secret is None
