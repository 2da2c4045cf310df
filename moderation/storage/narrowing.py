"""A part of a view: of one site, section, author, thread or flood, in one language, of some days, within a range of
scores, with some words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import column, exists, table

from moderation.storage.ids import lowest_id
from moderation.storage.schema import comments, threads

# The index of words is each database's own kind, so that the schema does not know it.
_entries = table("search_entries", column("comment_id"), column("language"))


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`ids`: what a search for words found; None: not searched. Times are microseconds, ends included. A section or a
    language that is empty: those that have none."""

    site_id: str | None = None
    author_ids: tuple[str, ...] | None = None
    thread_id: str | None = None
    flood_id: str | None = None
    since: int | None = None
    until: int | None = None
    low: float | None = None
    high: float | None = None
    ids: tuple[str, ...] | None = None
    section: str | None = None
    language: str | None = None

    @property
    def looked_up(self) -> bool:
        """Few comments, each found by an index of its own."""
        return any(each is not None for each in (self.ids, self.author_ids, self.thread_id, self.flood_id))

    @property
    def sifts(self) -> bool:
        """Must comments be read one by one to see whether they are meant?"""
        sifted = (self.low, self.high, self.section, self.language)
        return not self.looked_up and any(each is not None for each in sifted)

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
        if self.section is not None:
            found.append(exists().where(threads.c.id == c.thread_id, threads.c.section == self.section))
        if self.language is not None:
            told = (_entries.c.comment_id == c.id, _entries.c.language == self.language)
            found.append(exists().where(*told))
        return found


EVERYTHING = Narrowing()
