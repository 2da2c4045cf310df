"""Does the gate refuse labels turned round, and let honest ones pass?

`python -m tests.bench.gate --data DIR --cache DIR --write docs/model_card_second_look.md`

A set plays a site: its comments in random order are what moderators decided. Poisoned: a fifth of the labels is the
opposite of what they were, at random. First: the site has no head yet. Later: a head that learnt from honest labels is
in service, and half as many new decisions come in, honest or not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from models import functional_cases, shelf
from models.datasets import NoTrainingData, find, rows
from models.decided import Decided
from models.evaluate import SETS
from models.evaluate_second_look import SITES
from models.learning import Learnt, learn
from models.marked_part import write_between
from models.second_look import SecondLook
from models.site_head import Shipped, SiteHead
from models.site_look import Remembering
from models.vector_cache import cached_vectors

TURNED = 0.2
SIZES = (200, 300, 600)  # with fewer than 160 decisions too few are held out to judge by
LATER = 0.5  # so many new decisions, of those before
MARKS = ("<!-- figures: python -m tests.bench.gate -->\n", "<!-- end of gate -->\n")


def site(look: SecondLook, folder: Path, name: str, cache: Path) -> tuple[list[Decided], Shipped]:
    path = find(folder, name)
    if path is None:
        raise NoTrainingData(f"{folder} has no {name}")
    kept = list(rows(path))
    texts = [row["text"] for row in kept]
    decided = [
        Decided(str(at), row["text"], bool(row["labels"][SETS[name]] >= 0.5), 1.0, at, at)
        for at, row in enumerate(kept)
    ]
    texts += functional_cases.CASES
    vectors = cached_vectors(look.encoder, texts, cache, progress=False)
    return decided, Remembering(look, dict(zip(texts, vectors, strict=True)))


def turned(decided: Sequence[Decided], lot: np.random.Generator) -> list[Decided]:
    return [replace(row, rejected=not row.rejected) if lot.random() < TURNED else row for row in decided]


def one(decided: list[Decided], shipped: Shipped, count: int, draw: int) -> dict[str, Learnt]:
    lot = np.random.default_rng(1_000 * count + draw)
    drawn = lot.permutation(len(decided))[: count + int(count * LATER)]
    taken = [replace(decided[place], at=at) for at, place in enumerate(drawn)]
    old, new = taken[:count], taken[count:]
    first = learn(old, shipped, None)
    standing = _in_service(first)
    return {
        "first": first,
        "later": learn([*old, *new], shipped, standing),
        "first poisoned": learn(turned(old, lot), shipped, None),
        "new poisoned": learn([*old, *turned(new, lot)], shipped, standing),
        "all poisoned": learn(turned([*old, *new], lot), shipped, standing),
    }


def _in_service(found: Learnt) -> SiteHead:
    return replace(found.head, manifest={**found.head.manifest, **found.remembered})


def report(folder: Path, cache: Path, draws: int) -> str:
    look = SecondLook.open(shelf.SHIPPED)
    lines = [
        f"{look.version} behind {look.first.version}, {draws} draws a line. Of retrains on honest labels, those that "
        "passed: a site's first head, one later with half as many new decisions. Of retrains on labels a fifth of "
        "which is turned round, those that were refused: a first head, a later one where the new labels are, a later "
        "one where all are.",
        "",
        "| set | decisions | honest passed: first, later | poisoned refused: first, new ones, all |",
        "|---|---|---|---|",
    ]
    for name in SITES:
        decided, shipped = site(look, folder, name, cache)
        for count in (size for size in SIZES if size * (1 + LATER) <= len(decided)):
            found = [one(decided, shipped, count, draw) for draw in tqdm(range(draws), desc=f"{name} {count}")]
            passed = {kind: float(np.mean([not each[kind].reasons for each in found])) for kind in found[0]}
            refused = ", ".join(f"{1 - share:.0%}" for kind, share in passed.items() if "poisoned" in kind)
            lines.append(f"| {name} | {count:,} | {passed['first']:.0%}, {passed['later']:.0%} | {refused} |")
            print(lines[-1], _told(found), flush=True)
    return "\n".join(lines) + "\n"


def _told(found: list[dict[str, Learnt]]) -> dict[str, list[str]]:
    """By which rule, for whoever reads along."""
    return {
        kind: sorted({reason[:48] for each in found for reason in each[kind].reasons})
        for kind in found[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of evaluation sets")
    parser.add_argument("--cache", type=Path, required=True, help="where sentence vectors are kept")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--write", type=Path, help="a Markdown file whose part between the marks is replaced")
    options = parser.parse_args()
    text = report(options.data, options.cache, options.draws)
    if options.write:
        write_between(options.write, MARKS, text)
    print(text)


if __name__ == "__main__":
    main()
