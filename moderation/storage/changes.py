"""What happened a moment ago, and at which site: read off the end of the log, which every change writes to."""

from sqlalchemy import Connection, select

from moderation.storage.ids import lowest_id
from moderation.storage.schema import audit_events

MOST = 2_000


def since(conn: Connection, at: int) -> dict[str, str | None]:
    """By the event's id: the site. Transactions end in another order than they began, so ask from a little earlier
    and know what was seen."""
    newest = (
        select(audit_events.c.id, audit_events.c.site_id)
        .where(audit_events.c.id >= lowest_id(at))
        .order_by(audit_events.c.id.desc())
        .limit(MOST)
    )
    return {row.id: row.site_id for row in conn.execute(newest)}
