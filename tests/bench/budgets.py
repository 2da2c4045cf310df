"""Are the two budgets kept? `python -m tests.bench.budgets --data DIR --cache DIR --peers PYTHON --write FILE`

Scores are real ones, of comments that the models scoring them never saw (cross-fitted on the training sources), by the
first look and by both looks in turn; and simulated ones whose truth is known by construction. A calibration set is a
random sample; what its bands do is then read off the whole population, exactly. PYTHON is an interpreter that has
commcp and mapie; theirs are chosen from the same samples.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from models import shelf
from models.audit_estimate import evidence, interval
from models.calibrating import venn_abers
from models.calibration import sigmoid
from models.drift import WITHIN, alarm_level, alarmed_at
from models.guarantee import widest
from models.marked_part import write_between
from models.metrics import calibration_error
from tests.bench.budget_scores import Population, Scored, both_looks

SETTINGS = ((0.01, 0.01), (0.01, 0.05), (0.05, 0.05))
SIZES = (1_000, 5_000)
SPLITS = 500
MAPIE_SPLITS = 60
CHOSEN_ON = 0.2
MARKS = ("<!-- figures: python -m tests.bench.budgets -->\n", "<!-- end of figures -->\n")
PEERS = Path(__file__).with_name("budget_peers.py")
Floats = NDArray[np.float64]


def simulated(risk_of_score: float, intercept: float, seed: int) -> Population:
    """Half a million comments whose chance of being rejected is a known function of their score."""
    random = np.random.default_rng(seed)
    latent = random.normal(0, 1.8, 500_000)
    risk = sigmoid(risk_of_score * latent + intercept)
    return Population.of(sigmoid(latent), random.random(len(latent)) < risk, np.ones(len(latent)))


def kept(population: Population, rows: int, peers: str | None) -> list[str]:
    """Lines of a table: how often each budget broke, and how much was decided."""
    draws, budgets = population.draws(SPLITS, rows, seed=rows), [0.01, 0.05]
    theirs = _theirs(population, draws, budgets, peers) if peers else None
    bands = {}
    for budget in budgets:
        found = [_bands(population, draw, budget) for draw in draws]
        bands[budget] = np.array(found)  # (splits, 4): coverage and error of approving, of rejecting
    lines = []
    for approvals, rejections in SETTINGS:
        yes, no = bands[approvals][:, :2], bands[rejections][:, 2:]
        lines.append(
            f"| {rows:,} | {approvals:.0%} / {rejections:.0%} | {np.mean(yes[:, 1] > approvals):.1%} "
            f"| {np.mean(no[:, 1] > rejections):.1%} | {np.mean(yes[:, 0]):.1%} + {np.mean(no[:, 0]):.1%} "
            f"| {_peer_cells(population, theirs, budgets.index(approvals), approvals)} |"
        )
    return lines


def _bands(population: Population, draw: NDArray[np.int64], budget: float) -> tuple[float, float, float, float]:
    p, y = population.p[draw], population.y[draw]
    approve, reject = widest(p, y, budget), widest(-p, ~y, budget)
    yes = population.approving(approve.next if not approve.is_empty else -1)
    no = population.rejecting(-reject.last if not reject.is_empty else 2)
    return (*yes, *no)


def _theirs(population: Population, draws: NDArray[np.int64], budgets: list[float], python: str):  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory() as folder:
        given, answers = Path(folder) / "draws.npz", Path(folder) / "answers.npz"
        np.savez(given, p=population.p, y=population.y, draws=draws, budgets=budgets, mapie_draws=MAPIE_SPLITS)
        subprocess.run([python, str(PEERS), str(given), str(answers)], check=True)
        return dict(np.load(answers))


def _peer_cells(population: Population, theirs, row: int, budget: float) -> str:  # type: ignore[no-untyped-def]
    if theirs is None:
        return "not measured | not measured"
    found = []
    for cut in theirs["commcp"][row]:
        # It decides where the larger of p and 1 - p reaches its cut-off, for whichever side that is.
        cut = max(cut, 0.5)
        covered_yes, wrong_yes = population.approving(1 - cut + 1e-12)
        covered_no, wrong_no = population.rejecting(cut)
        decided = covered_yes + covered_no
        wrong = (covered_yes * wrong_yes + covered_no * wrong_no) / decided if decided else 0.0
        found.append((wrong > budget, wrong_yes > budget, wrong_no > budget, decided))
    broke = np.mean(found, axis=0)
    mapie = [population.approving(limit) for limit in theirs["mapie"][row][:MAPIE_SPLITS]]
    covered, broken = np.mean([one[0] for one in mapie]), np.mean([one[1] > budget for one in mapie])
    return (
        f"{broke[0]:.0%}, {broke[1]:.0%}, {broke[2]:.0%}; {broke[3]:.0%} | {broken:.1%}; {covered:.1%}"
    )


def mix_splits(name: str, scored: Scored) -> list[str]:
    """The reference mix as training uses it: unequal weights, a random part to choose on, the rest to measure. Behind
    a second look the first's thresholds are chosen on that part too."""
    lines, random = [], np.random.default_rng(3)
    for approvals, rejections in SETTINGS:
        found = []
        for _ in range(SPLITS):
            mine = random.random(len(scored.weight)) < CHOSEN_ON
            values, below, start = scored.choose(mine, approvals, rejections)
            rest = Population.of(values[~mine], scored.rejected[~mine], scored.weight[~mine])
            found.append((*rest.approving(below), *rest.rejecting(start)))
        yes, no = np.array(found)[:, :2], np.array(found)[:, 2:]
        lines.append(
            f"| {name} | {approvals:.0%} / {rejections:.0%} | {np.mean(yes[:, 1] > approvals):.1%} "
            f"| {np.mean(no[:, 1] > rejections):.1%} | {np.mean(yes[:, 0]):.1%} + {np.mean(no[:, 0]):.1%} |"
        )
    return lines


def audits() -> list[str]:
    lines, random = [], np.random.default_rng(5)
    for rate, decisions in ((0.005, 30_000), (0.01, 30_000), (0.02, 30_000), (0.03, 6_000), (0.05, 8_000)):
        now = always = audited = 0
        for _ in range(1_000):
            near = random.random(decisions) < 0.1
            wrong = random.random(decisions) < np.where(near, 4 * rate, rate * 2 / 3)
            chance = np.where(near, 0.1, 0.02)
            drawn = random.random(decisions) < chance
            wrong, weight = wrong[drawn], 1 / chance[drawn]
            low, high = interval(wrong, weight)
            above, below = evidence(wrong, weight, np.array([rate]), 50.0)
            now += low <= rate <= high
            always += max(above[0], below[0]) < np.log(40)
            audited += len(wrong)
        lines.append(f"| {rate:.1%} | {audited / 1_000:,.0f} | {now / 10:.1f}% | {always / 10:.1f}% |")
    return lines


def alarms() -> list[str]:
    lines, random = [], np.random.default_rng(6)
    for usual in (0.005, 0.01, 0.02, 0.03, 0.05, 0.1):
        delays = [alarmed_at(random.random(5_000) < 2 * usual, usual) or 5_000 for _ in range(1_000)]
        false = [alarmed_at(random.random(30_000) < usual, usual) or 30_000 for _ in range(200)]
        lines.append(
            f"| {usual:.1%} | {alarm_level(usual):.1f} | {np.median(delays):.0f} "
            f"| {np.mean(np.array(delays) <= WITHIN):.0%} | {best_possible(usual, float(np.mean(false))):.0%} "
            f"| {np.mean(false):,.0f} |"
        )
    return lines


def best_possible(usual: float, false_every: float) -> float:
    """How often the most powerful test of WITHIN decisions notices that their error doubled, if it may give as many
    false alarms as one in false_every decisions (Neyman and Pearson; randomised at its boundary)."""
    allowed = 1 - np.exp(-WITHIN / false_every)
    enough = int(binom.isf(allowed, WITHIN, usual)) + 1  # this many errors give alarm for certain
    at_boundary = (allowed - binom.sf(enough - 1, WITHIN, usual)) / binom.pmf(enough - 1, WITHIN, usual)
    return float(binom.sf(enough - 1, WITHIN, 2 * usual) + at_boundary * binom.pmf(enough - 1, WITHIN, 2 * usual))


def calibrations(population: Population) -> list[str]:
    """The Venn-Abers middle and interval, from few labels, on the whole population."""
    lines = []
    test = population.draws(1, 40_000, seed=99)[0]
    p, y = population.p[test], population.y[test]
    scores = np.log(p / (1 - p))
    for rows in (300, 1_000, 5_000):
        found = []
        for draw in population.draws(40, rows, seed=rows + 7):
            mine, truth = population.p[draw], population.y[draw]
            if truth.all() or not truth.any():
                continue
            low, middle, high = venn_abers(np.log(mine / (1 - mine)), truth, np.ones(rows), 100).at(scores)
            found.append((calibration_error(y, middle), np.mean(high - low)))
        error, width = np.mean(found, axis=0)
        lines.append(f"| {rows:,} | {error:.4f} | {np.quantile([one[0] for one in found], 0.95):.4f} | {width:.3f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of training sources")
    parser.add_argument("--cache", type=Path, required=True, help="the cache of `models train`: what was held out")
    parser.add_argument("--peers", help="an interpreter that has commcp and mapie")
    parser.add_argument("--write", type=Path, help="a Markdown file whose part between the marks is replaced")
    options = parser.parse_args()
    text = report(options)
    if options.write:
        write_between(options.write, MARKS, text)
    print(text)


def report(options: argparse.Namespace) -> str:
    first, both = both_looks(options.data, options.cache)
    head = (
        "| labels | budgets | wrong approvals over budget | wrong rejections over budget | approved + rejected "
        "| commcp over its alpha: all, approvals, rejections; decided | MAPIE: approvals over budget; approved |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    parts = [f"\nMeasured on {shelf.pointed(shelf.SHIPPED, shelf.CURRENT)} and "
             f"{shelf.pointed(shelf.SHIPPED, shelf.SECOND_LOOK)}.\n"]  # fmt: skip
    for name, scored in (("the first look", first), ("both looks in turn", both)):
        parts.append(f"\n**Real scores, {name}** ({SPLITS} samples a line; approvals / rejections, 95%):\n\n{head}")
        parts += [line + "\n" for rows in (*SIZES, 20_000) for line in kept(scored.population, rows, options.peers)]
    for name, one in (
        ("a good score, 13% to reject", simulated(1.6, -3.5, 1)),
        ("a weak score, 13% to reject", simulated(0.7, -2.4, 2)),
    ):
        parts.append(f"\n**Simulated, {name}:**\n\n{head}")
        parts += [line + "\n" for rows in SIZES for line in kept(one, rows, options.peers)]
    parts.append(
        f"\n**The reference mix with its weights**, a fifth to choose on, the rest to measure ({SPLITS} splits; what "
        "is over budget here includes the chance of the part that measures):\n\n"
        "| by | budgets | wrong approvals over budget | wrong rejections over budget | decided |\n"
        "|---|---|---|---|---|\n"
    )
    parts += [line + "\n" for line in (*mix_splits("first look", first), *mix_splits("both", both))]
    parts.append(
        "\n**Audit**: 1,000 simulated months a line, a tenth of the decisions near a threshold with four times the "
        "errors and five times the audits:\n\n| true error | audited | fixed-time interval covers | at every moment |\n"
        "|---|---|---|---|\n"
    )
    parts += [line + "\n" for line in audits()]
    parts.append(
        f"\n**A doubled error** (1,000 runs): alarm within {WITHIN} audited decisions:\n\n"
        "| usual error | alarm level | median delay | within 500 | the best any test of 500 can do | audited decisions "
        "between false alarms |\n|---|---|---|---|---|---|\n"
    )
    parts += [line + "\n" for line in alarms()]
    parts.append(
        "\n**Calibration from few labels** (Venn-Abers on real scores, 40 draws a line, ECE of 15 bins over 40,000 "
        "comments):\n\n| labels | ECE, mean | ECE, 95% of draws below | mean width of the interval |\n"
        "|---|---|---|---|\n"
    )
    return "".join([*parts, *(line + "\n" for line in calibrations(first.population)), "\n"])


if __name__ == "__main__":
    main()
