"""Remember what moderators decided lately, and show it beside similar comments.

A worker keeps the last few thousand decided texts of each site that it meets, and reads what was
decided since before it compares.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.similarity import NearestTexts
from moderation.checks import precedents as check
from moderation.domain.finding import Finding
from moderation.storage import precedents

if TYPE_CHECKING:
    from moderation.wiring import Wiring

REMEMBERED = 5000
# A worker of very many sites forgets the site that it met first; reading it again takes a moment.
MOST_SITES = 20
# A decision becomes visible after its moment, by as long as its transaction takes.
OVERLAP_US = 10_000_000


class PrecedentMemory:
    """One per worker process."""

    def __init__(self, wiring: "Wiring") -> None:
        self._wiring = wiring
        self._sites: dict[str, _Site] = {}

    def findings(self, site_id: str, texts: Sequence[str]) -> list[list[Finding]]:
        """For each text, the decided comments most like it."""
        site = self._sites.pop(site_id, None) or _Site()
        self._sites[site_id] = site
        while len(self._sites) > MOST_SITES:
            del self._sites[next(iter(self._sites))]
        self._read_new(site_id, site)
        near = [
            [one for one in found if one.similarity >= check.SIMILAR_FROM]
            for found in site.texts.nearest(texts, check.MOST_SHOWN)
        ]
        standing = self._standing({one.key for found in near for one in found})
        return [
            [
                check.finding(one.key, site.verdicts[one.key], one.similarity)
                for one in found
                if standing.get(one.key) == site.verdicts[one.key]
            ]
            for found in near
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
        last = {row.comment_id: row.text for row in oldest_first}
        site.texts.add(list(last), list(last.values()))
        site.forget_what_the_texts_forgot()

    def _standing(self, comment_ids: set[str]) -> dict[str, str]:
        """How these comments stand: a decision may have been taken back meanwhile."""
        if not comment_ids:
            return {}
        with self._wiring.database.read() as conn:
            return precedents.states(conn, sorted(comment_ids))


class _Site:
    def __init__(self) -> None:
        self.texts = NearestTexts(REMEMBERED)
        self.verdicts: dict[str, str] = {}
        self.read_until = 0
        self.read: set[str] = set()  # decisions within the overlap

    def forget_what_the_texts_forgot(self) -> None:
        if len(self.verdicts) > 2 * REMEMBERED:
            self.verdicts = {key: verdict for key, verdict in self.verdicts.items() if key in self.texts}
