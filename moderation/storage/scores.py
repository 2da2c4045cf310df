"""The scores of what came in, for watching whether it changes."""

from sqlalchemy import Connection, select

from moderation.storage.schema import comments

MOST = 20_000


def between(conn: Connection, site_id: str, *, since: int, until: int) -> list[float]:
    """p_reject of a site's comments that arrived then, the newest MOST of them."""
    found = conn.execute(
        select(comments.c.p_reject)
        .where(
            comments.c.site_id == site_id, comments.c.created_at >= since, comments.c.created_at < until,
            comments.c.p_reject.is_not(None),
        )
        .order_by(comments.c.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return [float(value) for value in found.scalars()]
