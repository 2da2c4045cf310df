"""In which language each comment is, for filters of the desk: found out by the clock, so that posting pays nothing."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog

from moderation.services.assess_text import trained_languages
from moderation.services.assess_text_language import language_of
from moderation.storage import search_index
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

IN_ONE_WRITE = 200
MOST_AT_ONCE = 4_000
log = structlog.get_logger(__name__)


def of(wiring: "Wiring", rows: Sequence[Record]) -> dict[str, str | None]:
    """By id; empty where there is nothing to go by. None at all where the detector fails: words are found all the same,
    and `run` tries again."""
    trained = trained_languages(wiring.scorer)
    try:
        return {row.id: language_of(row.text, trained)[0] or "" for row in rows}
    except Exception as error:
        log.error("language.failed", error=type(error).__name__)
        return {}


def run(wiring: "Wiring") -> int:
    """Of what was brought in from elsewhere, and of what came in before languages were told; how many that were."""
    told = 0
    while told < MOST_AT_ONCE:
        with wiring.database.read() as conn:
            rows = search_index.not_told(conn, limit=IN_ONE_WRITE)
        languages = of(wiring, rows)
        if not languages:
            break
        wiring.database.write(partial(search_index.tell, rows=rows, languages=languages))
        told += len(rows)
    return told
