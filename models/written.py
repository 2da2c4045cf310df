"""Sentences of our own writing for training: models/frames has the frames, a file a language, and what fills them.

They teach what no source teaches cleanly: that naming a group is harmless, that hating one is not, that quoting or
denying hate is not hate, that a view may be held for or against, and that one need not swear to insult.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FRAMES = Path(__file__).with_name("frames")
ENGLISH = "english"
SEED = 20_181_117
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Written:
    """text and its labels: 0 or 1, or None where the frame does not settle it."""

    text: str
    toxic: float
    identity: float | None
    insult: float | None
    threat: float | None


def other_languages() -> list[str]:
    return sorted(path.stem for path in FRAMES.glob("*.toml") if path.stem != ENGLISH)


def sentences(language: str = ENGLISH, seed: int = SEED) -> Iterator[Written]:
    """Every frame, as often as its group says, each time filled anew. The same seed gives the same sentences."""
    content = tomllib.loads((FRAMES / f"{language}.toml").read_text(encoding="utf-8"))
    drawn = random.Random(seed)
    for group in content["frames"]:
        toxic = float(group["toxic"])
        # A harmless sentence is no kind of abuse; of an abusive one only what its group states is certain.
        kinds = [float(group[kind]) if kind in group else (None if toxic else 0.0) for kind in _KINDS]
        made: set[str] = set()
        for frame in group["say"]:
            made |= {fill(frame, content["words"], drawn) for _ in range(group["times"])}
        yield from (Written(text, toxic, *kinds) for text in sorted(made))


def fill(frame: str, words: dict[str, list[str]], drawn: random.Random) -> str:
    """A frame with its slots filled. Half of the time as it is written, else in lower case or without its full stop."""
    text = _SLOT.sub(lambda slot: drawn.choice(words[slot[1]]), frame)
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
    return drawn.choice((text, text[:1].upper() + text[1:], text.lower(), text.rstrip(".")))


_KINDS = ("identity", "insult", "threat")
