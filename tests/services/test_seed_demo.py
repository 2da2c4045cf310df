"""The demonstration's comments: sent once, by the same door as everybody's."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from moderation.services import first_site
from moderation.services.seed_demo import COMMENTS, seed
from moderation.wiring import Wiring, build
from tests.support import settings as test_settings
from tests.support.approving import approve

GIVEN = json.loads(COMMENTS.read_text(encoding="utf-8"))
DAY_US = 86_400_000_000


def test_the_article_gets_its_comments_once(wiring: Wiring) -> None:
    first_site.ensure(wiring)
    added = seed(wiring)
    assert added >= sum(item["parent"] is None for item in GIVEN) > 25
    assert seed(wiring) == 0
    with wiring.database.read() as conn:
        ages = list(conn.execute(text("SELECT created_at FROM comments ORDER BY id")).scalars())
        decided = conn.execute(text("SELECT count(*) FROM decisions")).scalar_one()
    assert len(ages) == decided == added
    assert ages == sorted(ages)
    now = wiring.clock.now_us()
    assert all(now - 2 * DAY_US < age < now for age in ages)


def test_readers_answer_what_they_can_see_and_once_they_can(wiring: Wiring) -> None:
    first_site.ensure(wiring)
    added = seed(wiring)
    with wiring.database.read() as conn:
        parents = list(
            conn.execute(
                text("SELECT parent.state FROM comments c JOIN comments parent ON parent.id = c.parent_id")
            ).scalars()
        )
        held = list(conn.execute(text("SELECT id FROM comments WHERE state = 'pending'")).scalars())
    assert set(parents) <= {"approved"}
    for comment in held:
        approve(wiring, comment)
    later = seed(wiring)
    assert (later > 0) == (added < len(GIVEN))


def test_without_its_site_nothing_is_seeded(database_url: str, redis_url: str, tmp_path: Path) -> None:
    nobody = test_settings.load(database_url, redis_url, tmp_path, SITE_KEY="nobody")
    with closing(build(nobody)) as wiring:
        assert seed(wiring) == 0


def test_the_data_have_what_a_newcomer_should_see() -> None:
    assert len(GIVEN) >= 40
    assert all(item["email"].endswith("@example.org") and item["email"].isascii() for item in GIVEN)
    assert len({item["key"] for item in GIVEN}) == len(GIVEN)
    assert max(_depth(item) for item in GIVEN) >= 5
    assert any("\u200b" in item["comment"] for item in GIVEN)
    assert any("http://" in item["comment"] for item in GIVEN)


def _depth(item: dict[str, object]) -> int:
    by_key = {each["key"]: each for each in GIVEN}
    depth = 0
    while item["parent"]:
        item = by_key[item["parent"]]
        depth += 1
    return depth
