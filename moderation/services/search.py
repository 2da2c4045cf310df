"""Find comments by their words or by who wrote them; and keep the index of words up with what comes in.

The index is the clock's work, a moment after the comments were stored, so that posting pays nothing for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moderation.services import comment_languages
from moderation.storage import authors, search_index
from moderation.storage.ids import made_at

if TYPE_CHECKING:
    from moderation.wiring import Wiring

# A transaction takes less than this from the making of a comment's id to its commit.
OVERLAP_US = 15_000_000
IN_ONE_WRITE = 200  # some 10 ms for whoever else wants to write to SQLite
MOST_AT_ONCE = 4_000
MOST_FOUND = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """Either is None where the words did not ask for it."""

    ids: tuple[str, ...] | None
    author_ids: tuple[str, ...] | None


def find(wiring: "Wiring", site_ids: Sequence[str], asked: str) -> Found:
    """Words, or the email address of an author, which is looked up by its keyed hash and shown nowhere."""
    with wiring.database.read() as conn:
        if "@" in asked and " " not in asked.strip():
            rows = [authors.find(conn, one, wiring.vault.digest(one, asked.strip())) for one in site_ids]
            return Found(None, tuple(row.id for row in rows if row is not None))
        return Found(tuple(search_index.ids_with(conn, asked, site_ids, limit=MOST_FOUND)), None)


def index(wiring: "Wiring") -> int:
    """Add what came in since the last time; how many comments that were."""
    added = 0
    with wiring.database.read() as conn:
        newest = search_index.upto(conn)
    after = search_index.since_overlap(newest, OVERLAP_US, made_at(newest) if newest else 0)
    while added < MOST_AT_ONCE:
        with wiring.database.read() as conn:
            rows = search_index.missing(conn, after=after, limit=IN_ONE_WRITE)
        if not rows:
            break
        newest = max(newest, rows[-1].id)

        languages = comment_languages.of(wiring, rows)

        def work(conn, rows=rows, newest=newest, languages=languages) -> None:  # type: ignore[no-untyped-def]
            search_index.add(conn, rows, languages)
            search_index.advance(conn, newest)

        wiring.database.write(work)
        after, added = rows[-1].id, added + len(rows)
    return added
