"""Which language a text is in, and whether that should stop us from scoring it.

py3langid (naive Bayes over byte n-grams), among the languages that comments on the web are mostly in. It needs 0.6 s
and 70 MB to load and 0.05 ms a text then: web processes load it once, before they part; others when first asked.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

AMONG = (
    "ar bg bn ca cs da de el en es fa fi fr he hi hr hu id it ja ko nl no pl pt ro ru sk sr sv th tr uk vi zh".split()
)
# Short English is easily taken for something else: it is another language only when that is clear.
# Of 7,500 English texts of our training data these bounds refuse 7, most of them foreign indeed; the likeliest
# language alone would refuse 187, and 80 of the 280 that are shorter than 20 characters.
CLEARLY_OTHER_FROM = 0.7
HARDLY_OURS_BELOW = 0.1
LIKELY_FROM = 0.05
MOST_READ = 4_000
_loading = threading.Lock()


def load() -> None:
    """Now, not when the first text comes."""
    with _loading:
        _identifier()


def is_loaded() -> bool:
    return _identifier.cache_info().currsize > 0

def language_of(text: str, trained: Collection[str]) -> tuple[str | None, list[str]]:
    """(the language to go by, those detected); None if there is nothing to go by.

    A language that the model was trained on is taken for granted until another is clearly likelier.
    """
    ranked = _rank(text)
    if not ranked:
        return None, []
    chances = dict(ranked)
    ours = max(trained, key=lambda code: chances.get(code, 0.0))
    likeliest, chance = ranked[0]
    other = likeliest not in trained and chance >= CLEARLY_OTHER_FROM and chances.get(ours, 0.0) < HARDLY_OURS_BELOW
    detected = [code for code, each in ranked[:3] if each >= LIKELY_FROM] or [likeliest]
    chosen = likeliest if other or likeliest in trained else ours
    return chosen, list(dict.fromkeys([chosen, *detected]))


def _rank(text: str) -> Sequence[tuple[str, float]]:
    part = text[:MOST_READ]
    if not any(unicodedata.category(character)[0] == "L" for character in part):
        return []
    with _loading:
        known = _identifier()
    ranked: Sequence[tuple[str, float]] = known.rank(part)
    return ranked


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    # Among fewer languages from the start: LanguageIdentifier.set_languages keeps what it leaves out, 28 MB.
    chances, priors, languages, *automaton = load_model(MODEL_DIR / MODEL_FILE)
    kept = [at for at, language in enumerate(languages) if language in AMONG]
    next_state, row, output = automaton
    return LanguageIdentifier(
        chances[:, kept], priors[kept], [languages[at] for at in kept], next_state, output,
        norm_probs=True, tk_row=row,
    )  # fmt: skip
