"""The hostile strings: all 13,488 where ../shared/data is, otherwise an excerpt that lies in the repository."""

from __future__ import annotations

import json
import lzma
import random

from tests.support.service import ROOT

SHARED = ROOT.parent / "shared" / "data" / "hostile" / "payloads.jsonl.xz"
EXCERPT = ROOT / "tests" / "excerpts" / "hostile" / "naughty_strings.jsonl"
SAMPLE = 0.1
SEED = 20261124


def every() -> tuple[list[str], str]:
    """(strings, where they come from)."""
    if SHARED.exists():
        with lzma.open(SHARED, "rt", encoding="utf-8") as file:
            return [json.loads(line)["payload"] for line in file], "all of ../shared/data/hostile"
    # Not splitlines: the strings themselves hold line separators of Unicode.
    lines = EXCERPT.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return [json.loads(line)["payload"] for line in lines], "the excerpt, as ../shared/data is not here"


def sample(share: float = SAMPLE) -> tuple[list[str], str]:
    """One in ten, always the same ones; the whole excerpt where only that is at hand."""
    strings, source = every()
    if not SHARED.exists():
        return strings, source
    chosen = random.Random(SEED).sample(strings, int(len(strings) * share))
    return chosen, f"{len(chosen)} of {len(strings)} of ../shared/data/hostile"
