"""Remember what moderators decided lately, and show it beside similar comments.

A worker keeps the last few thousand decided comments of each site that it meets, and reads what was decided since
before it compares: by meaning and across languages where there is an encoder, by their words where there is none.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from models.nearest_vectors import NearestVectors
from models.similarity import NearestTexts, Neighbour
from moderation.checks import precedents as check
from moderation.checks.second_look import SecondScorer
from moderation.domain.finding import Finding
from moderation.storage import precedents, sentence_vectors
from moderation.storage.rows import Record
from moderation.storage.sentence_vectors import Vector

if TYPE_CHECKING:
    from moderation.wiring import Wiring

REMEMBERED = 5000
# A worker of very many sites forgets the site that it met first; reading it again takes a moment.
MOST_SITES = 20
# A decision becomes visible after its moment, by as long as its transaction takes.
OVERLAP_US = 10_000_000
# What moderators decided before it had a vector is read in passing, and must not use up the lease.
READ_IN_PASSING = 200


class PrecedentMemory:
    """One per worker process."""

    def __init__(self, wiring: "Wiring", second: SecondScorer | None = None) -> None:
        self._wiring = wiring
        self._second = second
        self._encoder: str | None = None
        self._sites: dict[str, _Site] = {}

    def findings(
        self, site_id: str, texts: Sequence[str], vectors: Sequence[Vector | None] | None = None
    ) -> list[list[Finding]]:
        """For each text, the decided comments most like it; by meaning where its vector is given."""
        self._forget_what_another_encoder_read()
        site = self._sites.pop(site_id, None) or _Site()
        self._sites[site_id] = site
        while len(self._sites) > MOST_SITES:
            del self._sites[next(iter(self._sites))]
        self._read_new(site_id, site)
        self._read_meanings(site)
        near = self._near(site, texts, vectors or [None] * len(texts))
        standing = self._standing({one.key for found in near for one in found})
        return [
            [
                check.finding(one.key, site.verdicts[one.key], one.similarity)
                for one in found
                if standing.get(one.key) == site.verdicts[one.key]
            ][: check.MOST_SHOWN]
            for found in near
        ]

    def _forget_what_another_encoder_read(self) -> None:
        encoder = self._second.encoder if self._second is not None else None
        if encoder != self._encoder:
            self._sites.clear()
            self._encoder = encoder

    def _near(
        self, site: "_Site", texts: Sequence[str], vectors: Sequence[Vector | None]
    ) -> list[list[Neighbour]]:
        given = [vector for vector in vectors if vector is not None]
        by_meaning = iter(site.meanings.nearest(np.stack(given), check.MOST_SHOWN) if given else [])
        words = [text for text, vector in zip(texts, vectors, strict=True) if vector is None]
        by_words = iter(site.texts.nearest(words, check.MOST_SHOWN))
        return [
            _alike(next(by_words), check.SIMILAR_FROM)
            if vector is None
            else _alike(next(by_meaning), check.ALIKE_IN_MEANING_FROM)
            for vector in vectors
        ]

    def _read_new(self, site_id: str, site: "_Site") -> None:
        now = self._wiring.clock.now_us()
        with self._wiring.database.read() as conn:
            rows = precedents.decided(conn, site_id, since=site.read_until, limit=REMEMBERED)
        site.read_until = now - OVERLAP_US
        oldest_first = [row for row in reversed(rows) if row.id not in site.read]
        site.read = {row.id for row in rows}
        for row in oldest_first:
            site.verdicts[row.comment_id] = row.state_after
            site.unread[row.comment_id] = row
        last = {row.comment_id: row.text for row in oldest_first}
        site.texts.add(list(last), list(last.values()))
        site.forget_what_the_texts_forgot()

    def _read_meanings(self, site: "_Site") -> None:
        """Vectors of what was decided: as kept by whoever read the comment, or read now, the newest first."""
        second = self._second
        if second is None or not site.unread or second.encoder is None:
            return
        encoder = second.encoder
        with self._wiring.database.read() as conn:
            wanted = [(row.comment_id, row.revision) for row in site.unread.values()]
            known = sentence_vectors.of(conn, wanted, encoder=encoder)
        missing = [row for row in site.unread.values() if row.comment_id not in known][-READ_IN_PASSING:]
        made = self._made(second, encoder, missing)
        found = {key: vector for key in [*site.unread] if (vector := known.get(key, made.get(key))) is not None}
        site.meanings.add(found)
        site.unread = {key: row for key, row in site.unread.items() if key not in found}

    def _made(self, second: SecondScorer, encoder: str, rows: Sequence[Record]) -> Mapping[str, Vector]:
        vectors = second.vectors([row.text for row in rows]) if rows else None
        if vectors is None:
            return {}
        made = {(row.comment_id, row.revision): vector for row, vector in zip(rows, vectors, strict=True)}
        self._wiring.database.write(partial(sentence_vectors.keep, vectors=made, encoder=encoder))
        return {comment_id: vector for (comment_id, _), vector in made.items()}

    def _standing(self, comment_ids: set[str]) -> dict[str, str]:
        """How these comments stand: a decision may have been taken back meanwhile."""
        if not comment_ids:
            return {}
        with self._wiring.database.read() as conn:
            return precedents.states(conn, sorted(comment_ids))


class _Site:
    def __init__(self) -> None:
        self.texts = NearestTexts(REMEMBERED)
        self.meanings = NearestVectors(REMEMBERED)
        self.verdicts: dict[str, str] = {}
        self.unread: dict[str, Record] = {}  # decided comments without a vector here, oldest first
        self.read_until = 0
        self.read: set[str] = set()  # decisions within the overlap

    def forget_what_the_texts_forgot(self) -> None:
        self.unread = {key: row for key, row in self.unread.items() if key in self.texts}
        if len(self.verdicts) > 2 * REMEMBERED:
            self.verdicts = {key: verdict for key, verdict in self.verdicts.items() if key in self.texts}


def _alike(found: Sequence[Neighbour], least: float) -> list[Neighbour]:
    return [one for one in found if one.similarity >= least]
