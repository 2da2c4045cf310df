"""Decided comments as training rows: those to learn from, and those kept aside to judge what was learnt."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from models.similarity import NearestTexts

HELD_OUT = 0.25
ALIKE = 0.8
FEWEST_APART = 40


@dataclass(frozen=True)
class Decided:
    """One comment with a person's verdict. author and thread are opaque; weight is one over the chance with which it
    came before a person; revision of the comment's text, 0 where it is no comment here; at: the moment of the verdict,
    in microseconds."""

    id: str
    text: str
    rejected: bool
    weight: float
    author: Hashable
    thread: Hashable
    revision: int = 0
    at: int = 0


def split(rows: Sequence[Decided]) -> tuple[list[Decided], list[Decided], list[str]]:
    """rows oldest first -> to learn from, to judge by, and what could not be kept apart.

    What is judged by is the newest quarter, less near-copies of what is learnt from, and less comments by the same
    authors and under the same threads; where too few would be left, threads are shared, then authors.
    """
    cut = int(len(rows) * (1 - HELD_OUT))
    older, newer = list(rows[:cut]), list(rows[cut:])
    if not older or not newer:
        return older, newer, []
    copies = NearestTexts(len(older))
    copies.add([row.id for row in older], [row.text for row in older])
    nearest = copies.nearest([row.text for row in newer], 1)
    newer = [row for row, near in zip(newer, nearest, strict=True) if not near or near[0].similarity < ALIKE]
    authors, threads = {row.author for row in older}, {row.thread for row in older}
    by_author = [row for row in newer if row.author not in authors]
    by_both = [row for row in by_author if row.thread not in threads]
    if len(by_both) >= FEWEST_APART:
        return older, by_both, []
    if len(by_author) >= FEWEST_APART:
        return older, by_author, ["threads"]
    return older, newer, ["authors", "threads"]


def capped(rows: Sequence[Decided], sent: Sequence[Decided], share: float) -> list[Decided]:
    """The site's own rows and of those sent over a key at most so large a share of all, the newest."""
    most = int(len(rows) * share / (1 - share))
    return [*sent[max(0, len(sent) - most) :], *rows] if most else list(rows)
