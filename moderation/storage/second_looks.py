"""What a second look reads of each comment: the comment, its text, the decision it stands on, who reads it."""

from sqlalchemy import Connection, select

from moderation.storage.rows import Record
from moderation.storage.schema import claims, comments, decisions, revisions, threads


def read(conn: Connection, comment_ids: list[str], *, now: int) -> dict[str, Record]:
    """By comment id; `claimed_until` is set while a moderator holds the comment."""
    rows = conn.execute(
        select(
            comments.c.id, comments.c.site_id, comments.c.revision, comments.c.version, comments.c.state,
            comments.c.flood_id, comments.c.created_at,
            revisions.c.name, revisions.c.website, revisions.c.text,
            decisions.c.look, decisions.c.band, decisions.c.findings, decisions.c.opinion, decisions.c.model,
            decisions.c.thresholds, threads.c.policy.label("thread_policy"),
            claims.c.expires_at.label("claimed_until"),
        )
        .join(
            revisions, (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision)
        )
        .join(
            decisions, (decisions.c.comment_id == comments.c.id) & (decisions.c.version == comments.c.version)
        )
        .join(threads, threads.c.id == comments.c.thread_id)
        .outerjoin(claims, (claims.c.comment_id == comments.c.id) & (claims.c.expires_at > now))
        .where(comments.c.id.in_(comment_ids))
    )  # fmt: skip
    return {row.id: row for row in rows}


def revision_and_state(conn: Connection, comment_id: str) -> Record | None:
    return conn.execute(
        select(comments.c.revision, comments.c.state).where(comments.c.id == comment_id)
    ).one_or_none()
