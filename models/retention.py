"""How much of what a model catches it still catches when words are disguised, and what that does to harmless texts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.classifier import Score
from models.obfuscation import KINDS, WORD_CHANGES, is_strong, obfuscate

CAUGHT = 0.5
SEED = 7
MOST_FOR_PAIRS = 400  # rows a side: every one of many recipes scores all of them again
BATCH = 128


class Scores(Protocol):
    def score(self, texts: Sequence[str]) -> list[Score]: ...


@dataclass(frozen=True)
class Kept:
    """kept: of the harmful rows caught as they stand, the ratio still caught (above 1 when more are).
    moved: by how much the share of harmless rows that are caught changes. rows: harmful ones with a word to hide;
    harmless: how many of those."""

    kind: str
    rows: int
    harmless: int
    kept: float
    moved: float


def single(model: Scores, texts: Sequence[str], truth: NDArray[np.bool_]) -> list[Kept]:
    """Every kind by itself, on all rows. Harmful ones are those with a strong word to hide."""
    return _measured(model, texts, truth, [(kind,) for kind in KINDS], len(texts))


def pairs(model: Scores, texts: Sequence[str], truth: NDArray[np.bool_]) -> list[Kept]:
    """Two kinds at once: two disguises of the words, or one and a change of the whole text."""
    both = [pair for pair in combinations(KINDS, 2) if pair[0] in WORD_CHANGES]
    return _measured(model, texts, truth, both, MOST_FOR_PAIRS)


def _measured(
    model: Scores, texts: Sequence[str], truth: NDArray[np.bool_], recipes: Sequence[tuple[str, ...]], most: int
) -> list[Kept]:
    strong = np.array([any(is_strong(word) for word in text.split()) for text in texts])
    harmful = _some([text for text, use in zip(texts, truth & strong, strict=True) if use], most)
    harmless = _some([text for text, use in zip(texts, ~truth, strict=True) if use], most)
    before, false_before = _caught(model, harmful), _caught(model, harmless)
    found = []
    for recipe in recipes:
        after, false_after = (_caught(model, _changed(part, recipe)) for part in (harmful, harmless))
        kept, moved = after / max(before, 1e-9), false_after - false_before
        found.append(Kept(" + ".join(recipe), len(harmful), len(harmless), kept, moved))
    return found


def _some(texts: list[str], most: int) -> list[str]:
    return random.Random(SEED).sample(texts, min(most, len(texts)))


def _changed(texts: Sequence[str], recipe: Sequence[str]) -> list[str]:
    drawn = random.Random(SEED)
    changed = list(texts)
    # Letters are changed before signs are put between them: what was cut up is no word any more.
    for kind in sorted(recipe, key=_ORDER.index):
        changed = [obfuscate(text, kind, drawn) for text in changed]
    return changed


def _caught(model: Scores, texts: Sequence[str]) -> float:
    parts = (texts[at : at + BATCH] for at in range(0, len(texts), BATCH))
    return float(np.mean([score.p_reject >= CAUGHT for part in parts for score in model.score(part)]))


_ORDER = ["typos", "stretched", "masked", "leet", "homoglyph", "bidi", "zero-width", "dots", "spacing", *KINDS[-3:]]
