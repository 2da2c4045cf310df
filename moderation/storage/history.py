"""The decisions on a comment, as a moderator needs them: who, what, when."""


from sqlalchemy import Connection, select

from moderation.storage.rows import Record
from moderation.storage.schema import decisions, moderators

_WITH_NAME = select(decisions, moderators.c.name.label("moderator")).outerjoin(
    moderators, decisions.c.decided_by == "moderator:" + moderators.c.id
)


def by_id(conn: Connection, decision_id: str) -> Record | None:
    return conn.execute(_WITH_NAME.where(decisions.c.id == decision_id)).one_or_none()


def last(conn: Connection, comment_id: str) -> Record:
    """The decision that made the comment what it is, with the moderator's name where it was one."""
    return conn.execute(
        _WITH_NAME.where(decisions.c.comment_id == comment_id).order_by(decisions.c.version.desc()).limit(1)
    ).one()


def since(conn: Connection, comment_id: str, version: int) -> list[Record]:
    """The decisions from the one that made `version`, oldest first."""
    return list(
        conn.execute(
            select(decisions.c.version, decisions.c.revision, decisions.c.look)
            .where(decisions.c.comment_id == comment_id, decisions.c.version >= version)
            .order_by(decisions.c.version)
        )
    )
