"""Texts that other programs show us get a second look, by id alone, and are forgotten once they had it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from models.attributes import ATTRIBUTES
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing, Opinion
from moderation.domain.site import Site
from moderation.services import first_site, shown_texts, sweep, tidy
from moderation.services.shown_texts import Answer, Shown
from moderation.storage.schema import outbox
from moderation.storage.schema import shown_texts as table
from moderation.storage.vault import Vault
from moderation.wiring import Wiring
from tests.services.looking import make_due
from tests.support.databases import KINDS, Databases

WORDS = "Have a look at my new shop"
LATER = Answer(False, shown_texts.RECHECK_AFTER_S)


class Second:
    """Finds spam in whatever says shop; fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.read: list[str] = []

    def vectors(self, texts: Sequence[str]) -> Any:
        if self.fails > 0:
            self.fails -= 1
            raise ValueError("damaged")
        self.read += texts
        return np.zeros((len(texts), 512), np.float32)

    def opinions(self, texts: Sequence[str], vectors: Any, site_ids: Sequence[str]) -> list[Opinion | Missing]:
        return [_opinion(0.8 if "shop" in text else 0.1) for text in texts]


def _opinion(spam: float) -> Opinion:
    return Opinion(0.3, 0.3, 0.3, dict.fromkeys(ATTRIBUTES, 0.0) | {"spam": spam}, "test@2")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, new_databases: Databases) -> str:
    return new_databases.migrated(request.param)


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [_opinion(0.2)] * len(texts))


@pytest.fixture
def site(wiring: Wiring) -> Site:
    first_site.ensure(wiring)
    found = wiring.sites.by_key(wiring.settings.site_key)
    assert found is not None
    return found


def _ask(wiring: Wiring, site: Site, text: str = WORDS, *, may_begin: bool = True) -> Answer:
    return shown_texts.ask(wiring, site, Shown(text, "Ann", "http://ann.example"), may_begin=may_begin)


def _rows(wiring: Wiring) -> list[Any]:
    with wiring.database.read() as conn:
        return list(conn.execute(select(table).order_by(table.c.id)))


def _waiting(wiring: Wiring) -> list[Any]:
    with wiring.database.read() as conn:
        return list(conn.execute(select(outbox)))


def _all(wiring: Wiring) -> list[str]:
    return [row.id for row in _rows(wiring)]


def test_the_answer_comes_later_and_then_the_words_are_gone(wiring: Wiring, site: Site) -> None:
    assert _ask(wiring, site) == LATER
    assert _ask(wiring, site, WORDS.upper() + " ") == LATER, "the same words"
    (row,) = _rows(wiring)
    assert WORDS not in repr(row)
    assert json.loads(wiring.vault.open(row.sealed))["text"] == WORDS
    assert shown_texts.run(wiring, [row.id], Second()) == {"text_spam": 1}
    (row,) = _rows(wiring)
    assert (row.sealed, row.spam, _waiting(wiring)) == (None, True, [])
    assert _ask(wiring, site) == _ask(wiring, site, may_begin=False) == Answer(True)
    assert shown_texts.run(wiring, [row.id], Second()) == {}


def test_what_is_no_spam_stays_so_and_without_an_encoder_the_first_look_stands(wiring: Wiring, site: Site) -> None:
    for number, second in enumerate((Second(), None)):
        text = f"A calm remark, number {number}"
        assert _ask(wiring, site, text) == LATER
        assert shown_texts.run(wiring, _all(wiring), second) == {"text_no_spam": 1}
        assert _ask(wiring, site, text) == Answer(False)


def test_asking_again_begins_nothing(wiring: Wiring, site: Site) -> None:
    assert _ask(wiring, site, may_begin=False) == Answer(False)
    off = replace(site, policy=replace(site.policy, second_look=False))
    assert _ask(wiring, off) == Answer(False)
    assert _ask(wiring, site, "x" * 30_000) == Answer(False)
    assert _rows(wiring) == []


def test_jobs_carry_ids_and_sql_knows_what_is_due_without_redis(
    wiring: Wiring, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[str] = []
    monkeypatch.setattr(wiring.queue, "submit", handed.append)
    _ask(wiring, site)
    assert handed == _all(wiring)
    monkeypatch.setattr(sweep, "GRACE_US", -1_000_000)
    assert sweep.due(wiring, limit=64) == handed


def test_nobody_waits_for_ever(wiring: Wiring, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask(wiring, site)
    monkeypatch.setattr(shown_texts, "GIVEN_UP_AFTER_US", 0)
    assert _ask(wiring, site, may_begin=False) == Answer(False)


def test_a_look_that_fails_is_tried_again_and_ends_with_the_first_looks_answer(wiring: Wiring, site: Site) -> None:
    _ask(wiring, site)
    _ask(wiring, site, "Another shop")
    second = Second(fails=shown_texts.MOST_ATTEMPTS + 1)
    endings = []
    for _ in range(shown_texts.MOST_ATTEMPTS):
        endings.append(shown_texts.run(wiring, _all(wiring), second))
        make_due(wiring)
    # What has failed goes alone, so that what spoils it spoils nothing else.
    assert endings == [{"text_put_off": 2}, {"text_put_off": 2}, {"text_no_spam": 1, "text_spam": 1}]
    assert _waiting(wiring) == []
    assert all(row.sealed is None for row in _rows(wiring))


def test_a_worker_that_slept_past_its_lease_settles_nothing(wiring: Wiring, site: Site) -> None:
    _ask(wiring, site)

    class Slow(Second):
        def vectors(self, texts: Sequence[str]) -> Any:
            make_due(wiring)
            assert shown_texts.run(wiring, _all(wiring), Second()) == {"text_spam": 1}
            return super().vectors(texts)

        def opinions(self, texts: Sequence[str], vectors: Any, site_ids: Sequence[str]) -> list[Opinion | Missing]:
            return [_opinion(0.0)] * len(texts)

    assert shown_texts.run(wiring, _all(wiring), Slow()) == {"lease_lost": 1}
    assert _ask(wiring, site) == Answer(True)


def test_too_many_at_once_are_answered_by_the_first_look_alone(
    wiring: Wiring, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_texts, "MOST_WAITING", 1)
    assert _ask(wiring, site) == LATER
    assert _ask(wiring, site, "Another shop") == Answer(False)


def test_words_whose_key_is_lost_are_let_go(wiring: Wiring, site: Site) -> None:
    from cryptography.fernet import Fernet

    _ask(wiring, site)
    other = replace(wiring, vault=Vault([Fernet.generate_key().decode()], wiring.settings.email_hash_key))
    assert shown_texts.run(other, _all(wiring), Second()) == {"text_no_spam": 1}


def test_after_a_day_nothing_is_left(wiring: Wiring, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask(wiring, site)
    tidy.run(wiring)
    assert len(_rows(wiring)) == 1
    monkeypatch.setattr(tidy, "SHOWN_TEXTS_KEPT_US", -1_000_000)
    ids = _all(wiring)
    tidy.run(wiring)
    assert _rows(wiring) == []
    assert shown_texts.run(wiring, ids, Second()) == {"dropped": 1}
    assert _waiting(wiring) == []
