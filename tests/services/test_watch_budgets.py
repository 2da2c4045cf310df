"""A budget that broke draws its band in by itself and says so; labels that certify a wider one widen it."""

import json
import random
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from moderation.domain.comment import Band, State
from moderation.domain.decision import UNSHOWN_MORE, audit_probability
from moderation.domain.finding import Opinion
from moderation.domain.policy import Thresholds, Verdict, in_force
from moderation.services import site_bands, watch_budgets
from moderation.services.site_bands import Row
from moderation.storage import sites as sites_store
from moderation.storage.schema import audit_events, sites
from moderation.storage.schema import site_bands as bands_table
from moderation.wiring import Wiring
from tests.services import looking
from tests.services.test_realised_error import automatic, judge
from tests.support import moderating as desk
from tests.support.moderating import Person

MODEL = "test@1"  # that of looking.Scorer, whose operating point is 0.2, 0.9, 0.9


@pytest.fixture
def ines(wiring: Wiring) -> Person:
    desk.site(wiring)
    return desk.moderator(wiring)


def allow(wiring: Wiring, **policy: float) -> None:
    mine = update(sites).where(sites.c.key == wiring.settings.site_key).values(policy=json.dumps(policy))
    wiring.database.write(lambda conn: conn.execute(mine))
    wiring.sites.forget()


def in_force_now(wiring: Wiring) -> Thresholds:
    point = looking.Scorer().operating_point()
    found = in_force(desk.site(wiring).policy, Opinion(0, 0, 0, {}, MODEL), point)
    assert found is not None
    return found


def test_a_broken_budget_draws_its_own_band_in_and_says_so(wiring: Wiring, ines: Person, app: Flask) -> None:
    for verdict in [State.REJECTED] * 7 + [State.APPROVED]:
        judge(wiring, ines, automatic(wiring, 0.01), verdict)
    assert watch_budgets.run(wiring) == 1
    after = in_force_now(wiring)
    assert after.approve_below == pytest.approx(1 / 9)  # half the odds of 0.2
    assert (after.reject_from, after.spam_from) == (0.9, 0.9)
    with wiring.database.read() as conn:
        event = conn.execute(select(audit_events).where(audit_events.c.action == "bands.tightened")).one()
        band = conn.execute(select(bands_table)).one()
    assert "7 of 8 audited approvals were wrong" in json.loads(event.details)["because"][0]
    assert (band.model, band.kind, json.loads(band.evidence)["before"]["approve_below"]) == (MODEL, "tightened", 0.2)
    degraded = app.test_client().get("/readyz").get_json()["degraded"]
    assert any(one["what"] == "budget" and "7 of 8 audited approvals" in one["detail"] for one in degraded)
    # What was wrong under the wider band has been answered: it does not draw in the narrower one.
    assert watch_budgets.run(wiring) == 0
    held = looking.post(looking.with_scorer(wiring, looking.Scorer(0.15)))
    assert looking.comment(wiring, held).state == State.PENDING


def test_a_kept_budget_changes_nothing(wiring: Wiring, ines: Person) -> None:
    for verdict in [State.REJECTED] + [State.APPROVED] * 9:
        judge(wiring, ines, automatic(wiring, 0.01), verdict)
    assert watch_budgets.run(wiring) == 0
    assert in_force_now(wiring).approve_below == 0.2


def test_labels_that_certify_a_band_put_it_in_force(wiring: Wiring, ines: Person) -> None:
    allow(wiring, max_wrong_approvals=0.2, max_wrong_rejections=0.2)
    for number in range(16):
        judge(wiring, ines, automatic(wiring, 0.01 + number / 1_000, probability=0.1), State.APPROVED)
    assert watch_budgets.run(wiring) == 1
    with wiring.database.read() as conn:
        band = conn.execute(select(bands_table)).one()
    assert band.kind == "chosen"
    approvals, rejections = json.loads(band.because)
    assert approvals.startswith("approvals: 0 of 16 labelled were wrong")
    assert rejections.startswith("needs 14 audited rejections without an error")
    assert in_force_now(wiring).reject_from == 0.9
    assert MODEL in desk.site(wiring).policy.chosen
    assert watch_budgets.run(wiring) == 0


def test_what_a_rule_decided_says_nothing_about_the_score(wiring: Wiring, ines: Person) -> None:
    desk.site(wiring)
    judge(wiring, ines, desk.comment(wiring), State.REJECTED)
    with wiring.database.read() as conn:
        site_id = desk.site(wiring).id
        held = watch_budgets.labels.held(conn, site_id, since=0, limit=10)
        assert len(held) == 1
        assert site_bands.rows([], held, str(held[0].model)) == []
        assert sites_store.all_sites(conn)[0].id == site_id


def test_a_held_comment_that_nobody_decided_counts_against_both_bands(wiring: Wiring) -> None:
    policy = replace(desk.site(wiring).policy, max_wrong_approvals=0.05, max_wrong_rejections=0.05)
    random.seed(3)
    clean = [Row(p, p, False, 0.5) for p in (random.uniform(0, 0.2) for _ in range(90))]
    waiting = [Row(p, p, None, 1.0) for p in (random.uniform(0.1, 0.2) for _ in range(40))]
    certified = site_bands.certified(clean, policy)
    assert certified.approve_below >= 0.19
    assert site_bands.certified(clean + waiting, policy).approvals.is_empty
    decided = [replace(row, rejected=False, probability=0.5) for row in waiting]
    assert site_bands.certified(clean + decided, policy).approve_below >= 0.19


def test_drawing_in_ends_with_no_automatic_decision_on_that_side() -> None:
    point = Thresholds(0.05, 0.9, 0.9)
    nothing = site_bands.certified([], desk_policy())
    for _ in range(12):
        point = site_bands.drawn_in(point, nothing, approvals=True, rejections=True)
    assert point.approve_below == 0.0 and point.reject_from > 1 and point.spam_from > 1


def desk_policy() -> object:
    from tests.checks.test_checks import POLICY

    return POLICY


def test_rejections_near_a_threshold_and_unshown_bands_are_audited_more() -> None:
    policy = replace(desk_policy(), audit_share=0.02)  # type: ignore[type-var]
    shown = replace(policy, chosen={"m": Thresholds(0.1, 0.9, 0.9)})
    point = Thresholds(0.1, 0.9, 0.9)

    def probability(low: float, high: float, band: Band, of: object = shown) -> float:
        opinion = Opinion(low, low, high, {}, "m")
        found = audit_probability(of, Verdict(band, (), point), opinion)  # type: ignore[arg-type]
        assert found is not None
        return found

    assert probability(0.0, 0.01, Band.AUTO_APPROVE) == 0.02
    assert probability(0.0, 0.06, Band.AUTO_APPROVE) == pytest.approx(0.1)
    assert probability(0.99, 1.0, Band.AUTO_REJECT) == pytest.approx(0.05)
    assert probability(0.92, 1.0, Band.AUTO_REJECT) == pytest.approx(0.25)
    assert probability(0.0, 0.01, Band.AUTO_APPROVE, policy) == pytest.approx(0.02 * UNSHOWN_MORE)
    assert audit_probability(shown, Verdict(Band.REVIEW, (), point), Opinion(0.5, 0.5, 0.5, {}, "m")) is None
