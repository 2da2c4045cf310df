"""What people said about comments: written with their decision, taken back with it, read by what learns."""

from sqlalchemy import Connection, delete, exists, func, insert, select, text

from moderation.domain.comment import DECIDED, HUMAN_LOOKS, Look, State
from moderation.domain.concern import Concern
from moderation.domain.decision import Decision
from moderation.storage import concerns
from moderation.storage.rows import Record
from moderation.storage.schema import comments, decisions, feedback, labels, revisions

# Literal, as in the condition of the partial index.
_AUDIT_DRAWN = text("comments.audit_drawn")
MODERATOR, AUDIT, APPEAL, IMPORT = "moderator", "audit", "appeal", "import"


def follow(conn: Connection, decision: Decision) -> None:
    """Keep the labels in step with a person's decision; called with its own row already stored."""
    if decision.look is Look.UNDO:
        conn.execute(delete(labels).where(labels.c.decision_id == decision.undoes))
    elif decision.look in HUMAN_LOOKS and decision.state_after in DECIDED:
        conn.execute(insert(labels), _row(conn, decision))


def _row(conn: Connection, decision: Decision) -> dict[str, object]:
    """A decision on what the machine decided and the lot fell upon is an audit of it, wherever it was made: left out
    where a reader's report came first, the errors found so would be missing from the sample."""
    look = _last_look(conn, decision)
    drawn = conn.execute(select(comments.c.audit_drawn).where(comments.c.id == decision.comment_id)).scalar_one()
    audited = look is not None and look.audit_probability is not None and drawn
    return {
        "decision_id": decision.id,
        "site_id": decision.site_id,
        "comment_id": decision.comment_id,
        "revision": decision.revision,
        "source": AUDIT if audited else APPEAL if _is_appealed(conn, decision.comment_id) else MODERATOR,
        "verdict": decision.state_after,
        "judged": look.id if look is not None and audited else None,
        "probability": look.audit_probability if look is not None and audited else 1.0,
        "created_at": decision.at,
    }


def _is_appealed(conn: Connection, comment_id: str) -> bool:
    return concerns.open_of(conn, comment_id, Concern.APPEAL) is not None


def _last_look(conn: Connection, decision: Decision) -> Record | None:
    return conn.execute(
        select(decisions.c.id, decisions.c.audit_probability)
        .where(
            decisions.c.comment_id == decision.comment_id,
            decisions.c.revision == decision.revision,
            decisions.c.look.not_in(sorted(HUMAN_LOOKS)),
        )
        .order_by(decisions.c.version.desc())
        .limit(1)
    ).one_or_none()


def audited(conn: Connection, site_id: str, *, since: int) -> list[Record]:
    """The automatic decisions of a site that a person has judged since then, in the order of the verdicts: band,
    decided_by, because, model, opinion, probability, verdict, at, comment_id, decided_at, thresholds. Of two verdicts
    on one the later counts."""
    later = labels.alias("later")
    newer = exists().where(later.c.judged == labels.c.judged, later.c.decision_id > labels.c.decision_id,
                           later.c.comment_id == labels.c.comment_id)  # fmt: skip
    return list(
        conn.execute(
            select(
                decisions.c.id, decisions.c.band, decisions.c.decided_by, decisions.c.because, decisions.c.model,
                decisions.c.opinion, labels.c.probability, labels.c.verdict, labels.c.created_at.label("at"),
                labels.c.comment_id, decisions.c.created_at.label("decided_at"), decisions.c.thresholds,
            )
            .join(decisions, decisions.c.id == labels.c.judged)
            .where(
                labels.c.site_id == site_id, labels.c.source == AUDIT, labels.c.created_at >= since, ~newer
            )
            .order_by(labels.c.created_at, labels.c.decision_id)
        )
    )  # fmt: skip


def waiting(conn: Connection, site_id: str, *, since: int) -> dict[str, int]:
    """Of the drawn automatic decisions how many nobody has judged yet, by band."""
    judged = exists().where(labels.c.comment_id == comments.c.id, labels.c.revision == comments.c.revision)
    found = conn.execute(
        select(comments.c.band, func.count())
        .where(
            comments.c.site_id == site_id, _AUDIT_DRAWN, comments.c.created_at >= since,
            comments.c.state.in_(sorted(DECIDED)), ~judged,
        )
        .group_by(comments.c.band)
    )  # fmt: skip
    return {str(band): int(count) for band, count in found}


def held(conn: Connection, site_id: str, *, since: int, limit: int) -> list[Record]:
    """Comments that came before a person because the score was uncertain, newest first: opinion and verdict, None
    while nobody has decided. What a rule held says nothing about the bands of the score."""
    verdict = (
        select(labels.c.verdict)
        .where(labels.c.comment_id == comments.c.id, labels.c.revision == comments.c.revision)
        .order_by(labels.c.decision_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    look = decisions.alias("look")
    later = decisions.alias("later")
    is_last = ~exists().where(
        later.c.comment_id == look.c.comment_id, later.c.revision == look.c.revision,
        later.c.look.not_in(sorted(HUMAN_LOOKS)), later.c.version > look.c.version,
    )  # fmt: skip
    return list(
        conn.execute(
            select(
                comments.c.id, look.c.opinion, look.c.model, look.c.because, look.c.thresholds,
                look.c.created_at.label("decided_at"), verdict.label("verdict"),
            )
            .join(look, (look.c.comment_id == comments.c.id) & (look.c.revision == comments.c.revision))
            .where(
                comments.c.site_id == site_id, comments.c.created_at >= since, look.c.look.not_in(sorted(HUMAN_LOOKS)),
                look.c.state_after == State.PENDING, is_last,
                comments.c.state.not_in([State.WITHDRAWN, State.ERASED]),
            )
            .order_by(comments.c.id.desc())
            .limit(limit)
        )
    )  # fmt: skip


def for_training(conn: Connection, site_id: str, *, since: int, limit: int) -> list[Record]:
    """The newest labelled comments of a site with their text, author and thread; of several labels the last. What a
    reader took back or had erased is not among them, nor what is older than `since`."""
    later = labels.alias("later")
    newer = exists().where(
        later.c.comment_id == labels.c.comment_id, later.c.revision == labels.c.revision,
        later.c.decision_id > labels.c.decision_id,
    )  # fmt: skip
    return list(
        conn.execute(
            select(
                labels.c.decision_id, labels.c.verdict, labels.c.source, labels.c.probability,
                labels.c.created_at.label("at"), comments.c.id.label("comment_id"), comments.c.author_id,
                comments.c.thread_id, comments.c.text_digest, revisions.c.text, labels.c.revision,
            )
            .join(comments, comments.c.id == labels.c.comment_id)
            .join(
                revisions,
                (revisions.c.comment_id == labels.c.comment_id) & (revisions.c.revision == labels.c.revision),
            )
            .where(
                labels.c.site_id == site_id, labels.c.created_at >= since, ~newer,
                comments.c.state.not_in([State.WITHDRAWN, State.ERASED]),
            )
            .order_by(labels.c.created_at.desc(), labels.c.decision_id.desc())
            .limit(limit)
        )
    )  # fmt: skip


def count(conn: Connection, site_id: str, *, since: int) -> int:
    """Decisions of people since then that teach."""
    found = select(func.count()).where(labels.c.site_id == site_id, labels.c.created_at >= since)
    return int(conn.execute(found).scalar_one())


def sent_back(conn: Connection, site_id: str, *, since: int, limit: int) -> list[Record]:
    """Verdicts that came over the programming interfaces, newest first."""
    return list(
        conn.execute(
            select(
                feedback.c.id, feedback.c.key_id, feedback.c.verdict, feedback.c.text, feedback.c.text_digest,
                feedback.c.created_at.label("at"),
            )
            .where(feedback.c.site_id == site_id, feedback.c.created_at >= since)
            .order_by(feedback.c.created_at.desc())
            .limit(limit)
        )
    )  # fmt: skip
