"""retrain: fit a site's own head from its moderators' decisions; the gate says whether it may become candidate."""

import argparse
from collections.abc import Mapping

from config.settings import load_settings
from moderation.checks.second_look import SecondScorer
from moderation.refusal import Refusal
from moderation.services.retrain import Retrained, retrain
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("site", help="the site's key")
    parser.epilog = "A candidate changes nothing until `promote --site KEY`."


def main(arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        site = wiring.sites.by_key(arguments.site)
        if site is None:
            raise Refusal(f"There is no site with the key {arguments.site}.", "add-site makes one")
        second = SecondScorer(wiring.settings.model_dir, wiring.scorer)
        done = retrain(wiring, site, actor="cli", second=second)
    finally:
        wiring.close()
    print("\n".join(told(done)))
    return 0 if done.name else 1


def told(done: Retrained) -> list[str]:
    lines = [f"learnt from {done.decisions:,} decisions"]
    if done.words_alone:
        lines.append(f"without sentence vectors: {done.words_alone}")
    if done.figures:
        lines.append(f"on {done.figures['rows']:.0f} held-out decisions, {_compared(done.figures)}")
    if "first_rows" in done.figures:
        lines.append(f"in the first look, {_compared(done.figures, 'first_')}")
    if done.apart:
        lines.append(f"too few decisions to keep {' and '.join(done.apart)} of the held-out ones apart")
    if done.shadow:
        lines.append(f"it would change sides on {done.shadow['changed_sides']:.1%} of the newest decisions")
    if done.mistakes:
        lines.append("worth a second reading: " + " ".join(done.mistakes))
    lines += [f"not fit for service: {reason}" for reason in done.reasons]
    lines.append(f"candidate: {done.name}" if done.name else "no candidate")
    return lines


def _compared(of: Mapping[str, float], prefix: str = "") -> str:
    def figure(name: str) -> float:
        return of[prefix + name]

    return (
        f"in service and new: ROC AUC {figure('auc_before'):.3f} and {figure('auc_after'):.3f} "
        f"(gain {figure('auc_gain_low'):+.3f} to {figure('auc_gain_high'):+.3f}), "
        f"ECE {figure('ece_before'):.3f} and {figure('ece_after'):.3f}"
    )
