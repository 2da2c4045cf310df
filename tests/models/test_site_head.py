"""A site's own head: what decisions teach, what too few leave alone, and how it is kept."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from models import shelf
from models.__main__ import main
from models.artefact import ARRAYS, ModelDamaged
from models.second_look import FirstBasis
from models.site_head import SiteHead, TooFewDecisions, fit

# This site rejects what is off its topic, which no shipped model can know.
GARDEN = "roses tulips soil compost pruning seeds greenhouse watering tomatoes hedges".split()
FOOTBALL = "goal striker league penalty referee keeper offside transfer stadium coach".split()


@pytest.fixture(scope="module")
def first() -> FirstBasis:
    return FirstBasis(shelf.open_current())


def comments(count: int, seed: int) -> tuple[list[str], np.ndarray]:
    drawn = random.Random(seed)
    off_topic = np.array([number % 3 == 0 for number in range(count)])
    texts = [
        "I would say the " + " and the ".join(drawn.choices(FOOTBALL if off else GARDEN, k=4)) for off in off_topic
    ]
    return texts, off_topic


@pytest.fixture(scope="module")
def head(first: FirstBasis) -> SiteHead:
    texts, rejected = comments(90, 1)
    return fit(texts, rejected, np.ones(90), first, [frozenset({"links"} if off else ()) for off in rejected])


def test_a_head_learns_what_only_this_site_rejects(first: FirstBasis, head: SiteHead) -> None:
    texts, rejected = comments(60, 2)
    before, after = first.basis(texts).prior, head.logit(first.basis(texts))
    assert before[rejected].max() < 0
    assert after[rejected].min() > after[~rejected].max()
    low, high = head.bounds(after)
    chance = 1 / (1 + np.exp(-after))
    assert np.all((low <= chance) & (chance <= high))


def test_what_is_far_from_every_decision_is_moved_by_the_sites_rate_alone(first: FirstBasis, head: SiteHead) -> None:
    far = ["Monetary policy tightened although unemployment climbed in February."]
    basis = first.basis(far)
    assert basis.prior[0] < head.logit(basis)[0] < basis.prior[0] + 3


def test_findings_have_a_say(first: FirstBasis, head: SiteHead) -> None:
    basis = first.basis(["The roses and the stadium"])
    with_link, without = (head.logit(basis, [frozenset(codes)])[0] for codes in ({"links"}, set()))
    assert with_link > without


def test_a_rare_draw_counts_for_those_it_stands_for(first: FirstBasis) -> None:
    texts, rejected = comments(60, 3)
    texts, rejected = [*texts, "the greenhouse and the harvest moon"], np.append(rejected, True)
    light, heavy = (fit(texts, rejected, np.append(np.ones(60), weight), first) for weight in (1.0, 40.0))
    basis = first.basis(["the harvest moon"])
    assert heavy.logit(basis)[0] > light.logit(basis)[0]


@pytest.mark.parametrize(("count", "kinds"), [(29, 2), (60, 1)])
def test_too_few_decisions_or_of_one_kind_are_refused_in_words(first: FirstBasis, count: int, kinds: int) -> None:
    texts, rejected = comments(count, 4)
    with pytest.raises(TooFewDecisions, match="needs 30 and both kinds"):
        fit(texts, rejected if kinds == 2 else np.zeros(count, dtype=bool), np.ones(count), first)


def test_a_head_comes_back_from_disk_and_a_damaged_one_does_not(
    first: FirstBasis, head: SiteHead, tmp_path: Path
) -> None:
    head.save(tmp_path / "head")
    again = SiteHead.load(tmp_path / "head")
    basis = first.basis(["the stadium and the compost"])
    assert again.logit(basis) == pytest.approx(head.logit(basis))
    packed = (tmp_path / "head" / ARRAYS).read_bytes()
    (tmp_path / "head" / ARRAYS).write_bytes(packed[:-9])
    with pytest.raises(ModelDamaged):
        SiteHead.load(tmp_path / "head")


def test_adapt_names_the_line_that_cannot_be_learnt_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"text": "fine", "rejected": 0}\n{"text": "what", "rejected": "maybe"}\n')
    assert main(["adapt", str(labels), "-o", str(tmp_path / "head")]) == 1
    assert "line 2: \"rejected\" has to be 0 or 1, not 'maybe'" in capsys.readouterr().err


def test_adapt_then_score_with_the_sites_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from models.scoring import open_look

    texts, rejected = comments(45, 5)
    labels = tmp_path / "labels.jsonl"
    lines = [json.dumps({"text": text, "rejected": int(off)}) for text, off in zip(texts, rejected, strict=True)]
    labels.write_text("\n".join(lines))
    assert main(["adapt", str(labels), "-o", str(tmp_path / "head")]) == 0
    assert "45 decisions, 15 of them rejections" in capsys.readouterr().out
    look = open_look(shelf.SHIPPED, site=tmp_path / "head")
    garden, football = look.score(["the tulips and the seeds", "the referee and the keeper"])
    assert garden.low <= garden.p_reject <= garden.high
    assert football.p_reject > garden.p_reject + 0.3
    assert look.version.endswith("+site")
