"""A site's last comments with the evidence on which they were decided, to be decided again on paper."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from moderation.domain.comment import DECIDED, HUMAN_LOOKS, Look, State
from moderation.storage.schema import comments, decisions, revisions

AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Past:
    """`looked` is the last automatic look; `by_person` the state a moderator gave it, if one did."""

    id: str
    created_at: int
    state: str
    name: str
    website: str
    text: str
    findings: list[dict[str, Any]]
    opinion: dict[str, Any] | None
    model: str | None
    thresholds: dict[str, float] | None
    by_person: str | None


def last(conn: Connection, site_id: str, *, limit: int) -> list[Past]:
    """The newest comments of a site that an automatic look was taken at, newest first."""
    ids: list[str] = []
    for state in (State.PENDING, *sorted(DECIDED)):
        # State by state: the index (site, state, queue_key) finds the newest of each.
        found = select(comments.c.id).where(comments.c.site_id == site_id, comments.c.state == state)
        ids += conn.execute(found.order_by(comments.c.queue_key.desc()).limit(limit)).scalars()
    newest = sorted(ids, reverse=True)[:limit]
    return [past for place in range(0, len(newest), AT_ONCE) for past in _read(conn, newest[place : place + AT_ONCE])]


def _read(conn: Connection, ids: list[str]) -> Iterator[Past]:
    texts = {
        row.id: row
        for row in conn.execute(
            select(comments.c.id, comments.c.created_at, comments.c.state, revisions.c.name, revisions.c.website,
                   revisions.c.text)
            .join(revisions, (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision))
            .where(comments.c.id.in_(ids))
        )
    }  # fmt: skip
    looks: dict[str, Any] = {}
    person: dict[str, str | None] = {}
    for row in conn.execute(
        select(decisions).where(decisions.c.comment_id.in_(ids)).order_by(decisions.c.comment_id, decisions.c.version)
    ):
        if row.look not in HUMAN_LOOKS:
            looks[row.comment_id] = row
        else:
            person[row.comment_id] = row.state_after if row.look == Look.MODERATOR else None
    for id in ids:
        look, text = looks.get(id), texts.get(id)
        if look is None or text is None:
            continue
        yield Past(
            id=id, created_at=text.created_at, state=text.state, name=text.name, website=text.website,
            text=text.text, findings=json.loads(look.findings),
            opinion=json.loads(look.opinion) if look.opinion else None, model=look.model,
            thresholds=json.loads(look.thresholds) if look.thresholds else None, by_person=person.get(id),
        )  # fmt: skip


def decision_times(conn: Connection, site_id: str, *, limit: int) -> list[tuple[str, int]]:
    """(who, when) of the newest decisions of moderators."""
    found = (
        select(decisions.c.decided_by, decisions.c.created_at)
        .where(decisions.c.site_id == site_id, decisions.c.look == Look.MODERATOR)
        .order_by(decisions.c.id.desc())
        .limit(limit)
    )
    return [(row.decided_by, row.created_at) for row in conn.execute(found)]
