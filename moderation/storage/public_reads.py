"""What the public may see: approved comments, and nothing of an author but name and website."""

from sqlalchemy import Connection, bindparam, select

from moderation.storage.rows import Record
from moderation.storage.schema import comments, decisions, revisions, threads
from moderation.storage.statements import Statement

_PUBLIC = Statement(
    select(
        comments.c.id,
        comments.c.parent_id,
        comments.c.depth,
        comments.c.created_at,
        revisions.c.name,
        revisions.c.website,
        revisions.c.text,
    )
    .join(revisions, (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision))
    .where(comments.c.thread_id == bindparam("thread_id"), comments.c.state == "approved")
    .order_by(comments.c.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)


def page(conn: Connection, thread_id: str, *, limit: int, offset: int) -> list[Record]:
    """Approved comments of a thread, oldest first, so that a parent never comes after its reply."""
    return _PUBLIC.all(conn, {"thread_id": thread_id, "limit": limit, "offset": offset})


def standing_of(conn: Connection, comment_id: str) -> Record | None:
    """What an author may know of their own comment."""
    return conn.execute(
        select(
            comments.c.id,
            comments.c.site_id,
            comments.c.state,
            comments.c.created_at,
            comments.c.decided_at,
            revisions.c.name,
            revisions.c.website,
            revisions.c.text,
            threads.c.url,
            threads.c.title,
        )
        .join(revisions, (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision))
        .join(threads, threads.c.id == comments.c.thread_id)
        .where(comments.c.id == comment_id)
    ).one_or_none()


def last_reason(conn: Connection, comment_id: str) -> Record | None:
    """The decision that stands, as far as it may be told."""
    return conn.execute(
        select(decisions.c.look, decisions.c.reason, decisions.c.because, decisions.c.created_at)
        .where(decisions.c.comment_id == comment_id)
        .order_by(decisions.c.version.desc())
        .limit(1)
    ).one_or_none()
