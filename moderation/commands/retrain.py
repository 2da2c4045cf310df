"""retrain: fit a site's own head from its moderators' decisions; the gate says whether it may become candidate."""

import argparse

from config.settings import load_settings
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
        done = retrain(wiring, site, actor="cli")
    finally:
        wiring.close()
    print("\n".join(told(done)))
    return 0 if done.name else 1


def told(done: Retrained) -> list[str]:
    lines = [f"learnt from {done.decisions:,} decisions"]
    if done.figures:
        of = done.figures
        lines.append(
            f"on {of['rows']:.0f} held-out decisions, in service and new: ROC AUC {of['auc_before']:.3f} and "
            f"{of['auc_after']:.3f} (gain {of['auc_gain_low']:+.3f} to {of['auc_gain_high']:+.3f}), "
            f"ECE {of['ece_before']:.3f} and {of['ece_after']:.3f}"
        )
    if done.apart:
        lines.append(f"too few decisions to keep {' and '.join(done.apart)} of the held-out ones apart")
    if done.shadow:
        lines.append(f"it would change sides on {done.shadow['changed_sides']:.1%} of the newest decisions")
    if done.mistakes:
        lines.append("worth a second reading: " + " ".join(done.mistakes))
    lines += [f"not fit for service: {reason}" for reason in done.reasons]
    lines.append(f"candidate: {done.name}" if done.name else "no candidate")
    return lines
