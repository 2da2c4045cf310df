"""What moderators decided, on which text: what similar comments are compared with."""

from collections.abc import Sequence

from sqlalchemy import Connection, literal_column, select

from moderation.domain.comment import DECIDED, Look
from moderation.storage.ids import lowest_id
from moderation.storage.rows import Record
from moderation.storage.schema import comments, decisions, revisions


def decided(conn: Connection, site_id: str, *, since: int, limit: int) -> list[Record]:
    """Moderators' decisions since then with the text each was made on, newest first."""
    return list(
        conn.execute(
            select(
                decisions.c.id, decisions.c.comment_id, decisions.c.revision, decisions.c.state_after,
                revisions.c.text,
            )
            .join(
                revisions,
                (revisions.c.comment_id == decisions.c.comment_id) & (revisions.c.revision == decisions.c.revision),
            )
            .where(
                decisions.c.site_id == site_id,
                # A literal: the partial index is used only where its own condition is seen.
                decisions.c.look == literal_column(f"'{Look.MODERATOR}'"),
                decisions.c.id >= lowest_id(since),
                decisions.c.state_after.in_(sorted(DECIDED)),
            )
            .order_by(decisions.c.id.desc())
            .limit(limit)
        )
    )  # fmt: skip


def states(conn: Connection, comment_ids: Sequence[str]) -> dict[str, str]:
    """How they stand now: a decision may have been taken back."""
    rows = conn.execute(select(comments.c.id, comments.c.state).where(comments.c.id.in_(comment_ids)))
    return {row.id: row.state for row in rows}
