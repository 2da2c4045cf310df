"""A part of a view: of one site, author, thread or flood, of some days, within a range of scores, with some words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moderation.storage.ids import lowest_id
from moderation.storage.schema import comments


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`ids`: what a search for words found; None: not searched. Times are microseconds, ends included."""

    site_id: str | None = None
    author_ids: tuple[str, ...] | None = None
    thread_id: str | None = None
    flood_id: str | None = None
    since: int | None = None
    until: int | None = None
    low: float | None = None
    high: float | None = None
    ids: tuple[str, ...] | None = None

    def conditions(self) -> Sequence[Any]:
        c = comments.c
        found: list[Any] = []
        if self.site_id is not None:
            found.append(c.site_id == self.site_id)
        if self.author_ids is not None:
            found.append(c.author_id.in_(self.author_ids))
        if self.thread_id is not None:
            found.append(c.thread_id == self.thread_id)
        if self.flood_id is not None:
            found.append(c.flood_id == self.flood_id)
        if self.since is not None:
            found.append(c.id >= lowest_id(self.since))
        if self.until is not None:
            found.append(c.id < lowest_id(self.until + 1000))
        if self.low is not None:
            found.append(c.p_reject >= self.low)
        if self.high is not None:
            found.append(c.p_reject <= self.high)
        if self.ids is not None:
            found.append(c.id.in_(self.ids))
        return found


EVERYTHING = Narrowing()
