"""Find out which comments are near-copies of recent ones, and group them.

Every recent comment is signed, not only those that come here for a second look: what the first look
approved may be one of a flood too. That costs a request nothing, since the workers sign what came in
since the newest signature, before they search.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from moderation.checks.near_duplicates import SIMILAR_FROM, Signature, signature, similarity
from moderation.checks.near_duplicates import finding as near_duplicate_finding
from moderation.domain.finding import Finding
from moderation.storage import comments, near_duplicates
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

MINUTE_US = 60_000_000
# Comments become visible in another order than they came in; a transaction takes less than this.
OVERLAP_US = MINUTE_US
# After a pause the workers look back so far, and sign so many at most: the newest matter.
LOOK_BACK_US = 60 * MINUTE_US
MOST_SIGNED = 2000
IN_ONE_WRITE = 100
MOST_COMPARED = 20


@dataclass(frozen=True, slots=True)
class Flood:
    id: str  # the group's first comment
    size: int  # with this comment
    similarity: float  # to the most similar other one


def sign_recent(wiring: "Wiring") -> int:
    """Sign what came in since the last time; how many comments that were."""
    with wiring.database.read() as conn:
        until = near_duplicates.signed_until(conn) or 0
        since = max(until - OVERLAP_US, wiring.clock.now_us() - LOOK_BACK_US)
        unsigned = near_duplicates.unsigned(conn, since=since, limit=MOST_SIGNED)
    for start in range(0, len(unsigned), IN_ONE_WRITE):
        rows = [row for one in unsigned[start : start + IN_ONE_WRITE] for row in _bands(one)]
        wiring.database.write(lambda conn, rows=rows: near_duplicates.add(conn, rows))  # type: ignore[misc]
    return len(unsigned)


def _bands(comment: Record) -> list[dict[str, Any]]:
    signed = signature(comment.text)
    return [
        {
            "site_id": comment.site_id, "band": band, "comment_id": comment.id,
            "created_at": comment.created_at,
        }
        for band in (signed.bands if signed else ())
    ]  # fmt: skip


def find(wiring: "Wiring", looked_at: Sequence[Record]) -> dict[str, Flood]:
    """The group of each comment that has near-copies; new members are written down."""
    sign_recent(wiring)
    search = _Search({comment.id: comment.text for comment in looked_at})
    with wiring.database.read() as conn:
        for comment in sorted(looked_at, key=lambda comment: str(comment.id)):
            search.look_for_copies(conn, comment)
        joining = search.joining()
        sizes = {
            flood_id: near_duplicates.flood_size(conn, flood_id) + len(new) for flood_id, new in joining.items()
        }
    if any(joining.values()):
        wiring.database.write(lambda conn: _join(conn, joining))
    return {
        comment_id: Flood(flood_id, sizes[flood_id], search.closest[comment_id])
        for comment_id, flood_id in search.floods().items()
        if comment_id in search.closest
    }


def findings(flood: Flood) -> list[Finding]:
    found = near_duplicate_finding(flood.id, size=flood.size, similarity=flood.similarity)
    return [found] if found else []


def _join(conn: Connection, joining: dict[str, set[str]]) -> None:
    for flood_id, comment_ids in joining.items():
        near_duplicates.join_flood(conn, comment_ids, flood_id)


class _Search:
    """One batch's comparisons; signatures and texts are made and read once."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._signatures: dict[str, Signature | None] = {}
        self._stored: dict[str, str | None] = {}  # the group that the database knows, of all compared
        self._leader: dict[str, str] = {}  # a union-find over comments and groups
        self.closest: dict[str, float] = {}

    def look_for_copies(self, conn: Connection, comment: Record) -> None:
        signed = self._signature(comment.id)
        if signed is None:
            return
        rows = near_duplicates.candidates(
            conn, site_id=comment.site_id, bands=signed.bands, without=comment.id, limit=MOST_COMPARED
        )
        self._read(conn, [row.id for row in rows])
        for row in rows:
            other = self._signature(row.id)
            alike = similarity(signed, other) if other else 0.0
            if alike >= SIMILAR_FROM:
                self.closest[comment.id] = max(alike, self.closest.get(comment.id, 0.0))
                self._unite(comment.id, comment.flood_id, row.id, row.flood_id)

    def floods(self) -> dict[str, str]:
        """The group of each comment that has one: the oldest that is stored, or the first of its comments."""
        members: dict[str, set[str]] = {}
        for comment_id in self._stored:
            members.setdefault(self._find(comment_id), set()).add(comment_id)
        groups: dict[str, str] = {}
        for together in members.values():
            stored = {flood_id for one in together if (flood_id := self._stored[one])}
            flood_id = min(stored or together)
            groups |= {one: self._stored[one] or flood_id for one in together}
        return groups

    def joining(self) -> dict[str, set[str]]:
        """By group, who is not in it yet."""
        new: dict[str, set[str]] = {}
        for comment_id, flood_id in self.floods().items():
            joined = new.setdefault(flood_id, set())
            if self._stored[comment_id] is None:
                joined.add(comment_id)
        return new

    def _read(self, conn: Connection, ids: list[str]) -> None:
        missing = [one for one in ids if one not in self._texts]
        if missing:
            self._texts |= {row.id: row.text for row in comments.by_ids(conn, missing)}

    def _signature(self, comment_id: str) -> Signature | None:
        if comment_id not in self._signatures:
            self._signatures[comment_id] = signature(self._texts.get(comment_id, ""))
        return self._signatures[comment_id]

    def _unite(self, one: str, one_flood: str | None, other: str, other_flood: str | None) -> None:
        self._stored[one], self._stored[other] = one_flood, other_flood
        leader = self._find(other)
        self._leader[self._find(one)] = leader
        self._leader[one] = leader

    def _find(self, comment_id: str) -> str:
        while (leader := self._leader.get(comment_id, comment_id)) != comment_id:
            comment_id = leader
        return comment_id
