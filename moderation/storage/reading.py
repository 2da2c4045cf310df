"""Everything a moderator is shown beside one comment, in one read."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from moderation.domain.comment import HUMAN_LOOKS, State
from moderation.domain.finding import Code
from moderation.storage import comments as comments_store
from moderation.storage import concerns as concerns_store
from moderation.storage import history
from moderation.storage import notes as notes_store
from moderation.storage.rows import Record
from moderation.storage.schema import authors, comments, decisions, revisions, sites, threads

COUNTED = 10_000
EARLIER_SHOWN = 5
PARENTS_SHOWN = 4
PRECEDENTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reading:
    comment: Record
    site: Record
    thread: Record
    author: Record
    parents: list[Record]  # what it answers, the outermost first
    look: Record | None  # the last automatic look
    decided: Record  # the decision that made it what it is, with the moderator's name where it was one
    earlier: list[Record]
    precedents: list[tuple[dict[str, Any], Record]]
    thread_counts: dict[str, int]
    flood: int
    findings: list[dict[str, Any]] = field(default_factory=list)
    concerns: list[Record] = field(default_factory=list)
    notes: list[Record] = field(default_factory=list)
    texts: Record | None = None  # what stands beside the decision, for the team and for the author

    @property
    def parent(self) -> Record | None:
        return self.parents[-1] if self.parents else None

    def asked(self, kind: str) -> list[Record]:
        """Open concerns of this kind."""
        return [each for each in self.concerns if each.kind == kind and each.settled_at is None]


def reading(conn: Connection, comment_id: str) -> Reading | None:
    comment = comments_store.by_id(conn, comment_id)
    if comment is None:
        return None
    look = _last_look(conn, comment_id, comment.revision)
    findings = json.loads(look.findings) if look is not None else []
    decided = history.last(conn, comment_id)
    return Reading(
        comment=comment,
        site=conn.execute(select(sites).where(sites.c.id == comment.site_id)).one(),
        thread=conn.execute(select(threads).where(threads.c.id == comment.thread_id)).one(),
        author=conn.execute(
            select(
                authors.c.id, authors.c.standing, authors.c.standing_until,
                authors.c.approved, authors.c.rejected, authors.c.spam, authors.c.posted,
                authors.c.created_at,
            ).where(authors.c.id == comment.author_id)
        ).one(),
        parents=_parents(conn, comment.parent_id),
        look=look,
        decided=decided,
        earlier=_earlier(conn, comment),
        precedents=_precedents(conn, findings),
        thread_counts=_thread_counts(conn, comment.thread_id),
        flood=_flood(conn, comment.flood_id),
        findings=findings,
        concerns=concerns_store.of_comment(conn, comment_id),
        notes=notes_store.about(conn, [f"comment:{comment_id}", f"author:{comment.author_id}"]),
        texts=notes_store.texts_of(conn, decided.id),
    )  # fmt: skip


def _parents(conn: Connection, parent_id: str | None) -> list[Record]:
    found: list[Record] = []
    while parent_id and len(found) < PARENTS_SHOWN:
        parent = comments_store.by_id(conn, parent_id)
        if parent is None:
            break
        found.insert(0, parent)
        parent_id = parent.parent_id
    return found


def _last_look(conn: Connection, comment_id: str, revision: int) -> Record | None:
    return conn.execute(
        select(decisions)
        .where(
            decisions.c.comment_id == comment_id,
            decisions.c.revision == revision,
            decisions.c.look.not_in(sorted(HUMAN_LOOKS)),
        )
        .order_by(decisions.c.version.desc())
        .limit(1)
    ).one_or_none()


def _earlier(conn: Connection, comment: Record) -> list[Record]:
    """The author's comments before this one, newest first."""
    return list(
        conn.execute(
            select(
                comments.c.id, comments.c.state, comments.c.created_at, revisions.c.name,
                func.substr(revisions.c.text, 1, 160).label("text"),
            )
            .join(
                revisions,
                (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision),
            )
            .where(comments.c.author_id == comment.author_id, comments.c.id < comment.id)
            .order_by(comments.c.id.desc())
            .limit(EARLIER_SHOWN)
        )
    )  # fmt: skip


def _precedents(conn: Connection, findings: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Record]]:
    """What moderators decided on the most similar comments, with those comments' texts."""
    found = [each for each in findings if each.get("code") == Code.PRECEDENT and "comment_id" in each]
    found = sorted(found, key=lambda each: -float(each.get("similarity", 0)))[:PRECEDENTS_SHOWN]
    if not found:
        return []
    rows = {row.id: row for row in comments_store.by_ids(conn, [each["comment_id"] for each in found])}
    return [(each, rows[each["comment_id"]]) for each in found if each["comment_id"] in rows]


def _thread_counts(conn: Connection, thread_id: str) -> dict[str, int]:
    states = (State.PENDING, State.REJECTED, State.SPAM)
    each = [_capped((comments.c.thread_id == thread_id) & (comments.c.state == state)) for state in states]
    return dict(zip(states, conn.execute(select(*each)).one(), strict=True))


def _flood(conn: Connection, flood_id: str | None) -> int:
    return int(conn.execute(select(_capped(comments.c.flood_id == flood_id))).scalar_one()) if flood_id else 0


def _capped(where: Any) -> Any:
    found = select(comments.c.id).where(where).limit(COUNTED + 1).subquery()
    return select(func.count()).select_from(found).scalar_subquery()
