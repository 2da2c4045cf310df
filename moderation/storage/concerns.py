"""Open questions about comments: reports of readers, escalations of moderators, appeals of authors."""

from sqlalchemy import Connection, func, select, update

from moderation.domain.concern import Concern
from moderation.storage.ids import new_id
from moderation.storage.rows import Record
from moderation.storage.schema import comments as comments_table
from moderation.storage.schema import concerns, decisions, moderators, revisions
from moderation.storage.upsert import insert_for

MOST_SHOWN = 20


def raise_concern(
    conn: Connection, *, kind: Concern, comment: Record, once: str, raised_by: str, at: int, text: str = "",
    reason: str = "", settled_at: int | None = None,
) -> bool:  # fmt: skip
    """False if the same concern was raised before."""
    row = {
        "id": new_id(at), "site_id": comment.site_id, "comment_id": comment.id, "revision": comment.revision,
        "kind": kind, "once": once, "reason": reason, "text": text, "raised_by": raised_by, "created_at": at,
        "settled_at": settled_at,
    }  # fmt: skip
    statement = insert_for(conn, concerns).on_conflict_do_nothing(index_elements=["once"]).returning(concerns.c.id)
    return conn.execute(statement, row).one_or_none() is not None


def of_comment(conn: Connection, comment_id: str) -> list[Record]:
    """Open ones first, then what was answered or decided, newest first."""
    return list(
        conn.execute(
            select(concerns, moderators.c.name.label("raiser"))
            .outerjoin(moderators, concerns.c.raised_by == "moderator:" + moderators.c.id)
            .where(concerns.c.comment_id == comment_id)
            .order_by(concerns.c.settled_at.is_not(None), concerns.c.id.desc())
            .limit(MOST_SHOWN)
        )
    )


def kept_after_report(conn: Connection, comment_id: str, revision: int) -> bool:
    """Did a person leave this text published although it was reported?"""
    settled = (
        select(concerns.c.id)
        .where(
            concerns.c.comment_id == comment_id, concerns.c.revision == revision,
            concerns.c.kind == Concern.REPORT, concerns.c.settled_by.is_not(None),
        )
        .limit(1)
    )  # fmt: skip
    return conn.execute(settled).one_or_none() is not None


def open_of(conn: Connection, comment_id: str, kind: Concern) -> Record | None:
    return conn.execute(
        select(concerns)
        .where(concerns.c.comment_id == comment_id, concerns.c.kind == kind, concerns.c.settled_at.is_(None))
        .order_by(concerns.c.id)
        .limit(1)
    ).one_or_none()


def settle(conn: Connection, comment_id: str, *, at: int, decision_id: str) -> None:
    """A person decided on the comment, which answers whatever was asked about it."""
    conn.execute(
        update(concerns)
        .where(concerns.c.comment_id == comment_id, concerns.c.settled_at.is_(None))
        .values(settled_at=at, settled_by=decision_id)
    )


def reopen(conn: Connection, decision_id: str) -> None:
    """The decision was taken back, so what it settled is open again."""
    conn.execute(
        update(concerns).where(concerns.c.settled_by == decision_id).values(settled_at=None, settled_by=None)
    )


def answer(conn: Connection, concern_id: str, *, text: str, by: str, at: int) -> bool:
    """False if it was settled before."""
    result = conn.execute(
        update(concerns)
        .where(concerns.c.id == concern_id, concerns.c.settled_at.is_(None))
        .values(answer=text, answered_by=by, settled_at=at)
    )
    return result.rowcount == 1


def answered_for(conn: Connection, moderator_id: str, *, since: int) -> list[Record]:
    """Answers to what this moderator asked, of comments that still wait."""
    return list(
        conn.execute(
            select(
                concerns.c.comment_id, concerns.c.answer, moderators.c.name.label("by"),
                func.substr(revisions.c.text, 1, 80).label("text"),
            )
            .join(comments_table, comments_table.c.id == concerns.c.comment_id)
            .join(
                revisions,
                (revisions.c.comment_id == comments_table.c.id)
                & (revisions.c.revision == comments_table.c.revision),
            )
            .outerjoin(moderators, concerns.c.answered_by == "moderator:" + moderators.c.id)
            .where(
                concerns.c.raised_by == f"moderator:{moderator_id}", concerns.c.created_at >= since,
                concerns.c.answer.is_not(None), comments_table.c.state == "pending",
            )
            .order_by(concerns.c.settled_at.desc())
            .limit(3)
        )
    )  # fmt: skip


def last_appeal(conn: Connection, comment_id: str) -> Record | None:
    """The newest appeal, with the text that its decision had for the author."""
    return conn.execute(
        select(concerns.c.created_at, concerns.c.settled_at, concerns.c.text, decisions.c.state_after)
        .outerjoin(decisions, decisions.c.id == concerns.c.settled_by)
        .where(concerns.c.comment_id == comment_id, concerns.c.kind == Concern.APPEAL)
        .order_by(concerns.c.id.desc())
        .limit(1)
    ).one_or_none()
