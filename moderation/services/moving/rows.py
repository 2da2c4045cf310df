"""The rows of one batch: made before the transaction as far as they can be, and finished in it."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Connection

from moderation.domain.comment import DECIDED, Band, State
from moderation.domain.section import section_of
from moderation.domain.site import Site
from moderation.services.moving import rows_of_ours
from moderation.services.moving.tidy import Incoming
from moderation.services.submit_rows import DEEPEST, text_digest
from moderation.storage import audit, imports, labels, search_index, tallies
from moderation.storage.ids import made_at, new_id, stable_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring

MS_US = 1000
TALLIED = ("approved", "rejected", "spam")


class Place(NamedTuple):
    """Where a comment stands, for those that answer it."""

    id: str
    url: str
    depth: int


@dataclass(slots=True)
class _Author:
    row: dict[str, Any]
    counts: Counter[str] = field(default_factory=Counter)


class Batch:
    def __init__(self, wiring: "Wiring", site: Site, format: str, *, labels: bool) -> None:
        self.site = site
        self.format = format
        self.now = wiring.clock.now_us()
        self.places: list[tuple[Incoming, Place]] = []
        self.already = 0
        self.lost: list[str] = []
        self.authors: dict[str, _Author] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("comment", "revision", "decision", "label", "text", "imported")
        }
        self.threads: dict[str, dict[str, Any]] = {}
        self._with_labels = labels
        self._vault = wiring.vault

    @property
    def labelled(self) -> int:
        return len(self.rows["label"])

    def add(self, one: Incoming, parent: Place | None, *, keep_ids: bool) -> Place:
        # A page shows its comments in the order of their ids, so an answer's id must come after its parent's.
        at = max(one.at, made_at(parent.id) + MS_US) if parent is not None else one.at
        id = stable_id(at, _seed(self.site.id, one.digest))
        if keep_ids and (parent is None or one.raw.key > parent.id):
            id = one.raw.key
        place = Place(id, one.url, min(DEEPEST, parent.depth + 1) if parent is not None else 0)
        self.places.append((one, place))
        self.threads.setdefault(one.url, self._thread(one))
        author = self._author(one)
        self.rows["comment"].append(self._comment(one, place, parent, author))
        if one.raw.exact is not None:
            rename = _same if keep_ids else partial(_renamed, self.site.id)
            rows_of_ours.add(self.rows, self.site.id, place.id, one, rename, with_labels=self._with_labels)
        else:
            self._revision_and_decision(one, place)
        self.rows["imported"].append({"site_id": self.site.id, "digest": one.digest, "comment_id": place.id})
        return place

    def _thread(self, one: Incoming) -> dict[str, Any]:
        return {
            "id": new_id(self.now), "site_id": self.site.id, "url": one.url, "title": one.title,
            "section": section_of(one.url), "open": one.raw.thread_open,
            "created_at": min(one.at, one.raw.thread_at) if one.raw.thread_at is not None else one.at,
        }  # fmt: skip

    def _author(self, one: Incoming) -> str:
        """Who left no address is told apart by their id there, or not at all."""
        who = one.email or f"\0{self.format}\0{one.raw.source}\0{one.raw.user or one.digest}"
        digest = self._vault.digest(self.site.id, who)
        author = self.authors.get(digest)
        if author is None:
            row = {
                "id": new_id(self.now), "site_id": self.site.id, "email_digest": digest,
                "email_sealed": self._vault.seal(one.email), "standing": "normal", "standing_until": None,
                "created_at": one.at,
            }  # fmt: skip
            row |= rows_of_ours.standing(one)
            author = self.authors[digest] = _Author(row)
        author.counts["posted"] += 1
        if one.raw.state.value in TALLIED:
            author.counts[one.raw.state.value] += 1
        return digest

    def _comment(self, one: Incoming, place: Place, parent: Place | None, author: str) -> dict[str, Any]:
        row = {
            "id": place.id, "site_id": self.site.id, "thread_id": one.url, "parent_id": parent.id if parent else None,
            "depth": place.depth, "author_id": author, "revision": 1, "version": 1, "state": one.raw.state,
            "band": Band.REVIEW, "p_reject": None, "p_low": None, "p_high": None, "queue_key": one.at,
            "text_digest": text_digest(one.text), "flood_id": None, "idempotency_key": None, "request_digest": None,
            "address_digest": "", "audit_drawn": False, "created_at": one.at,
            "decided_at": None if one.raw.state is State.PENDING else one.at,
        }  # fmt: skip
        return row | rows_of_ours.comment(one)

    def _revision_and_decision(self, one: Incoming, place: Place) -> None:
        self.rows["revision"].append(
            {"comment_id": place.id, "revision": 1, "name": one.name, "website": one.website, "text": one.text,
             "created_at": one.at}
        )  # fmt: skip
        decision_id = stable_id(one.at, _seed("decision", self.site.id, one.digest))
        self.rows["decision"].append(
            {
                "id": decision_id, "site_id": self.site.id, "comment_id": place.id, "revision": 1, "version": 1,
                "look": "import", "band": None, "state_before": None, "state_after": one.raw.state,
                "decided_by": f"import:{self.format}", "reason": "", "because": "[]", "findings": "[]",
                "opinion": None, "model": None, "thresholds": None, "policy_version": None,
                "audit_probability": None, "undoes": None, "created_at": one.at,
            }
        )  # fmt: skip
        if self._with_labels and one.raw.judged and one.raw.state in DECIDED:
            self.rows["label"].append(
                {"decision_id": decision_id, "site_id": self.site.id, "comment_id": place.id, "revision": 1,
                 "source": labels.IMPORT, "verdict": one.raw.state, "judged": None, "probability": 1.0,
                 "created_at": one.at}
            )  # fmt: skip


def store(conn: Connection, batch: Batch) -> int:
    """In one transaction; how many threads are new. May run more than once."""
    opened = {url: imports.open_thread(conn, row) for url, row in batch.threads.items()}
    authors = {
        digest: imports.count_author(conn, {**one.row, **{name: one.counts[name] for name in (*TALLIED, "posted")}})
        for digest, one in batch.authors.items()
    }
    comment_rows = [
        {**row, "thread_id": opened[row["thread_id"]][0], "author_id": authors[row["author_id"]]}
        for row in batch.rows["comment"]
    ]
    imports.add(
        conn, comment_rows=comment_rows, revision_rows=batch.rows["revision"], decision_rows=batch.rows["decision"],
        label_rows=batch.rows["label"], text_rows=batch.rows["text"], imported_rows=batch.rows["imported"],
    )  # fmt: skip
    tallies.note(conn, [(row["id"], row["site_id"], None, row["state"]) for row in comment_rows], at=batch.now)
    imports.published(conn, Counter(row["thread_id"] for row in comment_rows if row["state"] == State.APPROVED))
    # Their ids are older than what the clock has come to in its index, so it would never find them.
    words = [
        SimpleNamespace(id=place.id, revision=row["revision"], name=one.name, text=one.text)
        for (one, place), row in zip(batch.places, comment_rows, strict=True)
    ]
    search_index.add(conn, cast("Any", words), {})
    audit.record(
        conn, actor="system", action="site.import", subject=f"site:{batch.site.id}", at=batch.now,
        site_id=batch.site.id, details={"format": batch.format, "comments": len(batch.places)},
    )  # fmt: skip
    return sum(new for _, new in opened.values())


def _same(id: str) -> str:
    return id


def _renamed(site_id: str, id: str) -> str:
    """Another id of the same moment."""
    return stable_id(made_at(id), _seed("decision", site_id, id))


def _seed(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=10).digest()
