"""Keys, their use and the verdicts they bring, on both databases."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from moderation.services import api_keys, feedback, first_site
from moderation.services.api_keys import Key, Keys
from moderation.services.api_keys_usage import DAY_US, Usage
from moderation.services.feedback import Feedback, TooMuchFeedback
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
