"""Decisions that the rest of a site's decisions contradict, for a person to read once more."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from moderation.domain.comment import DECIDED
from moderation.storage.rows import Record
from moderation.storage.schema import comments, decisions, moderators, revisions, second_readings, threads

KEPT, CHANGED = "kept", "changed"


def offer(conn: Connection, site_id: str, comment_ids: Sequence[str], *, at: int) -> int:
    """These instead of what was offered before. What a person kept is not asked again while it stays as it is."""
    unanswered = (second_readings.c.site_id == site_id) & second_readings.c.answer.is_(None)
    conn.execute(delete(second_readings).where(unanswered))
    there = {
        row.id: row
        for row in conn.execute(
            select(comments.c.id, comments.c.state, comments.c.revision).where(
                comments.c.id.in_(comment_ids), comments.c.site_id == site_id, comments.c.state.in_(sorted(DECIDED))
            )
        )
    }
    answered = {
        row.comment_id: (row.verdict, row.revision)
        for row in conn.execute(select(second_readings).where(second_readings.c.comment_id.in_(list(there))))
    }
    known = [there[id] for id in comment_ids if id in there]
    offered = [row for row in known if answered.get(row.id) != (row.state, row.revision)]
    again = [row.id for row in offered if row.id in answered]
    conn.execute(delete(second_readings).where(second_readings.c.comment_id.in_(again)))
    rows = [
        {"comment_id": row.id, "site_id": site_id, "revision": row.revision, "verdict": row.state, "place": place,
         "offered_at": at}
        for place, row in enumerate(offered)
    ]  # fmt: skip
    if rows:
        conn.execute(second_readings.insert(), rows)
    return len(rows)


def waiting(conn: Connection, site_id: str, *, limit: int) -> list[Record]:
    """The most contradicted first, as they are now: what was decided anew since is out of the list."""
    made = decisions.alias("made")
    return list(
        conn.execute(
            select(
                comments.c.id, comments.c.version, comments.c.state, comments.c.created_at, revisions.c.name,
                revisions.c.text, threads.c.title, made.c.created_at.label("decided_at"), made.c.reason,
                moderators.c.name.label("decided_by"),
            )
            .join(second_readings, second_readings.c.comment_id == comments.c.id)
            .join(
                revisions,
                (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision),
            )
            .join(threads, threads.c.id == comments.c.thread_id)
            .join(made, (made.c.comment_id == comments.c.id) & (made.c.version == comments.c.version))
            .outerjoin(moderators, made.c.decided_by == "moderator:" + moderators.c.id)
            .where(_open(site_id))
            .order_by(second_readings.c.place)
            .limit(limit)
        )
    )


def count(conn: Connection, site_id: str) -> int:
    joined = second_readings.join(comments, comments.c.id == second_readings.c.comment_id)
    return int(conn.execute(select(func.count()).select_from(joined).where(_open(site_id))).scalar_one())


def answer(conn: Connection, comment_id: str, answer: str, *, by: str, at: int) -> bool:
    """False if it was not offered, or somebody has answered."""
    done = conn.execute(
        update(second_readings)
        .where(second_readings.c.comment_id == comment_id, second_readings.c.answer.is_(None))
        .values(answer=answer, answered_by=by, answered_at=at)
    )
    return done.rowcount == 1


def answered(conn: Connection, site_id: str) -> dict[str, int]:
    rows = conn.execute(
        select(second_readings.c.answer, func.count())
        .where(second_readings.c.site_id == site_id, second_readings.c.answer.is_not(None))
        .group_by(second_readings.c.answer)
    )
    return {row[0]: row[1] for row in rows}


def _open(site_id: str) -> ColumnElement[bool]:
    return (
        (second_readings.c.site_id == site_id)
        & second_readings.c.answer.is_(None)
        & (second_readings.c.verdict == comments.c.state)
        & (second_readings.c.revision == comments.c.revision)
    )
