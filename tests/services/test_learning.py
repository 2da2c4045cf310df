"""From decisions to a head of the site's own: fitted, gated, promoted, in force, taken back; and never for others."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from moderation import cli
from moderation.checks.context import Form
from moderation.domain.comment import State
from moderation.domain.finding import Opinion
from moderation.services import promote as promoting
from moderation.services import retrain as retraining
from moderation.services import retrain_due, review, submit
from moderation.services.review import Decide
from moderation.services.submission import SubmitComment
from moderation.storage import comments
from moderation.storage.schema import audit_events
from moderation.wiring import Wiring
from queue_workers.retrainer import Retrainer
from tests.support import moderating as desk
from tests.support import settings as test_settings

EXCERPTS = Path(__file__).parents[1] / "excerpts" / "comments"
# A site with a rule of its own, which no shipped model knows: nobody talks about the stadium.
TOPICS = ("stadium", "bakery", "railway", "harbour", "orchestra", "budget", "school", "weather")


def remarks(count: int, seed: int) -> Iterator[tuple[str, bool]]:
    """Texts and whether this site rejects them."""
    lot = random.Random(seed)
    words = "street council window letter morning people evening number garden story winter question river".split()
    for _ in range(count):
        topic = lot.choice(TOPICS[1:]) if lot.random() < 0.6 else TOPICS[0]
        rude = lot.random() < 0.12
        text = f"{' '.join(lot.choices(words, k=5))} the {topic} {' '.join(lot.choices(words, k=4))}"
        yield ("You stupid idiot, " if rude else "") + text, rude or topic == TOPICS[0]


def teach(wiring: Wiring, count: int, *, turned: float = 0.0, first: int = 0) -> None:
    """Decided comments: each of its own author and thread, as if days had passed."""
    who, site, lot = desk.moderator(wiring, f"Ines{first}"), desk.site(wiring), random.Random(9)
    for number, (text, rejected) in enumerate(remarks(count, seed=4 + first), first):
        command = SubmitComment(
            site=site, thread_url=f"http://news.test/{number}", thread_title="A page", name=f"Reader {number}",
            email=f"reader{number}@example.org", website="", text=text, parent=None, network_address="192.0.2.1",
            form=Form(token="missing", age_s=None),
        )  # fmt: skip
        comment_id = submit.submit(wiring, command).id
        verdict = State.REJECTED if rejected ^ (lot.random() < turned) else State.APPROVED
        with wiring.database.read() as conn:
            version = comments.by_id(conn, comment_id).version  # type: ignore[union-attr]
        review.decide(wiring, Decide(who.id, comment_id, version, verdict))


def chance(wiring: Wiring, text: str, site_id: str) -> Opinion:
    found = wiring.scorer.opinion(text, site_id)
    assert isinstance(found, Opinion)
    return found


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQL is not what is tried here: one kind of database is enough."""
    return sqlite_url


def test_a_site_teaches_its_own_head_and_no_other_site(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    from moderation.checks import site_heads

    usual_interval = site_heads.LOOK_EVERY_S
    monkeypatch.setattr(site_heads, "LOOK_EVERY_S", 0.0)
    site = desk.site(wiring)
    before = chance(wiring, "a long letter about the stadium this morning", site.id)
    teach(wiring, 200)
    done = retraining.retrain(wiring, site)
    assert done.reasons == []
    assert done.name is not None and done.figures["auc_after"] > done.figures["auc_before"]
    assert done.shadow["changed_sides"] > 0.1
    # A candidate decides nothing.
    assert chance(wiring, "a long letter about the stadium this morning", site.id) == before
    assert promoting.promote(wiring, site, actor="moderator:x") == done.name
    after = chance(wiring, "a long letter about the stadium this morning", site.id)
    assert after.p_reject > before.p_reject + 0.2
    assert after.model == f"{before.model}+{done.name}"
    assert after.low <= before.low and after.high >= before.high
    assert wiring.scorer.operating_point(after.model) == wiring.scorer.operating_point(before.model)
    assert chance(wiring, "a long letter about the stadium this morning", "another") == before
    together = wiring.scorer.opinions(["a long letter about the stadium this morning"] * 3, ["another", site.id, ""])
    assert [one.model for one in together] == [before.model, after.model, before.model]
    alone = [before.p_reject, after.p_reject, before.p_reject]
    assert [one.p_reject for one in together] == pytest.approx(alone, abs=1e-6)
    began = time.perf_counter()
    promoting.rollback(wiring, site, actor="moderator:x")
    assert chance(wiring, "a long letter about the stadium this morning", site.id) == before
    assert time.perf_counter() - began + usual_interval < 1.0
    with wiring.database.read() as conn:
        events = [row.action for row in conn.execute(select(audit_events).where(audit_events.c.site_id == site.id))]
    assert [one for one in events if one.startswith("head.")] == ["head.candidate", "head.promoted", "head.rolled_back"]


def test_labels_turned_round_make_no_candidate(wiring: Wiring) -> None:
    teach(wiring, 200, turned=0.2)
    done = retraining.retrain(wiring, desk.site(wiring))
    assert done.name is None and done.reasons
    assert not (wiring.settings.site_heads_dir / desk.site(wiring).id / "candidate").exists()
    with wiring.database.read() as conn:
        event = conn.execute(select(audit_events).where(audit_events.c.action == "head.refused")).one()
    assert json.loads(event.details)["reasons"] == done.reasons


def test_a_damaged_head_is_not_used(wiring: Wiring) -> None:
    site = desk.site(wiring)
    folder = wiring.settings.site_heads_dir / site.id
    before = chance(wiring, "a letter", "")
    (folder / "broken").mkdir(parents=True)
    (folder / "broken" / "manifest.json").write_text("{")
    (folder / "current").write_text("broken\n")
    assert chance(wiring, "a letter", site.id) == before


def test_a_site_that_does_not_want_to_teach_does_not(wiring: Wiring) -> None:
    from dataclasses import replace

    teach(wiring, 40)
    site = desk.site(wiring)
    silent = replace(site, policy=replace(site.policy, learn=False))
    assert retraining.decided_rows(wiring, silent) == []
    assert len(retraining.decided_rows(wiring, site)) == 40
    assert "30 and both kinds" in retraining.retrain(wiring, silent).reasons[0]


def test_a_site_is_due_after_thirty_new_decisions_and_not_twice_a_day(wiring: Wiring) -> None:
    teach(wiring, 29)
    assert retrain_due.next_site(wiring) is None
    teach(wiring, 1, first=29)
    assert retrain_due.next_site(wiring) == desk.site(wiring).key
    retraining.retrain(wiring, desk.site(wiring))
    assert retrain_due.next_site(wiring) is None


def test_the_clock_fits_in_a_process_of_its_own(
    wiring: Wiring, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it may become candidate is the gate's; here it ends, by itself, and is on record."""
    for name, value in test_settings.environment(database_url, redis_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    teach(wiring, 30)
    begun = Retrainer()
    assert begun(wiring) == 1
    assert begun.wait(100) in (0, 1)
    with wiring.database.read() as conn:
        events = {row.action for row in conn.execute(select(audit_events).where(audit_events.c.site_id.is_not(None)))}
    assert events & {"head.candidate", "head.refused"}
    assert begun(wiring) == 0  # not twice a day


def test_the_commands_refuse_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["retrain"], ["promote", "--what"]):
        with pytest.raises(SystemExit):
            cli.main(words)
    capsys.readouterr()
