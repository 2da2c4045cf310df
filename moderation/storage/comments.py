"""Comments and their decisions: how they come in, and the one way in which their state changes."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from moderation.domain.comment import HUMAN_LOOKS, State
from moderation.domain.decision import Decision
from moderation.storage import audit, authors, labels, tallies, threads
from moderation.storage.rows import Record
from moderation.storage.schema import comments, decisions, revisions
from moderation.storage.statements import Statement

_ADD_COMMENT = Statement(insert(comments), columns=comments.c.keys())
_ADD_REVISION = Statement(insert(revisions), columns=revisions.c.keys())
_ADD_DECISION = Statement(insert(decisions), columns=decisions.c.keys())

# State, version and revision of the row must still be what the decision was made on.
_CHANGE = update(comments).where(
    comments.c.id == bindparam("on_id"),
    comments.c.version == bindparam("on_version"),
    comments.c.revision == bindparam("on_revision"),
)


class New(NamedTuple):
    """A comment that comes in: its row, its first revision, and the first look's decision."""

    comment: dict[str, Any]
    revision: dict[str, Any]
    decision: Decision


def add_all(conn: Connection, new: Sequence[New]) -> None:
    """Their authors have been counted already."""
    _ADD_COMMENT.run_many(conn, [each.comment for each in new])
    _ADD_REVISION.run_many(conn, [each.revision for each in new])
    _record_all(conn, [each.decision for each in new])
    shown = [each.comment["thread_id"] for each in new if each.decision.state_after is State.APPROVED]
    threads.published(conn, Counter(shown))


def apply(conn: Connection, decision: Decision) -> bool:
    """Change a comment's state if nobody did since `version_before`; False if somebody did.

    Every state change passes here: comment, decision, log, label, and the counts of author, thread and site
    move in one transaction.
    """
    if not _compare_and_set(conn, decision):
        return False
    _record_all(conn, [decision])
    labels.follow(conn, decision)
    if decision.state_before is not decision.state_after:
        row = _AUTHOR_AND_THREAD.one_or_none(conn, {"id": decision.comment_id})
        assert row is not None
        authors.count(conn, row.author_id, decision.state_before, decision.state_after)
        changed = (decision.comment_id, decision.site_id, decision.state_before, decision.state_after)
        tallies.note(conn, [changed], at=decision.at)
        shown = (decision.state_after is State.APPROVED) - (decision.state_before is State.APPROVED)
        if shown:
            threads.published(conn, {row.thread_id: shown})
    return True


_AUTHOR_AND_THREAD = Statement(
    select(comments.c.author_id, comments.c.thread_id).where(comments.c.id == bindparam("id"))
)


def _compare_and_set(conn: Connection, decision: Decision) -> bool:
    values: dict[str, Any] = {"state": decision.state_after, "version": decision.version_before + 1}
    if decision.look in HUMAN_LOOKS:
        values["decided_at"] = None if decision.state_after is State.PENDING else decision.at
    else:
        values |= _look_values(decision)
    on = {
        "on_id": decision.comment_id, "on_version": decision.version_before, "on_revision": decision.revision,
    }  # fmt: skip
    changed = _change(tuple(values)).run(conn, on | {f"new_{name}": value for name, value in values.items()})
    return changed == 1


@cache
def _change(names: tuple[str, ...]) -> Statement:
    return Statement(_CHANGE.values({name: bindparam(f"new_{name}") for name in names}))


def _look_values(decision: Decision) -> dict[str, Any]:
    opinion = decision.opinion or {}
    values: dict[str, Any] = {
        "band": decision.band,
        "p_reject": opinion.get("p_reject"),
        "p_low": opinion.get("low"),
        "p_high": opinion.get("high"),
        "decided_at": None if decision.state_after is State.PENDING else decision.at,
        "audit_drawn": decision.audit_drawn,
    }
    if decision.queue_key is not None:
        values["queue_key"] = decision.queue_key
    return values


def _record_all(conn: Connection, made: Sequence[Decision]) -> None:
    _ADD_DECISION.run_many(conn, [_row(decision) for decision in made])
    audit.add_all(conn, [_event(decision) for decision in made])


def _event(decision: Decision) -> dict[str, Any]:
    return audit.event(
        actor=decision.decided_by,
        action=f"comment.{decision.look}",
        subject=f"comment:{decision.comment_id}",
        site_id=decision.site_id,
        at=decision.at,
        details={"decision": decision.id, "from": decision.state_before, "to": decision.state_after},
    )


def _row(decision: Decision) -> dict[str, Any]:
    return {
        "id": decision.id,
        "site_id": decision.site_id,
        "comment_id": decision.comment_id,
        "revision": decision.revision,
        "version": decision.version_before + 1,
        "look": decision.look,
        "band": decision.band,
        "state_before": decision.state_before,
        "state_after": decision.state_after,
        "decided_by": decision.decided_by,
        "reason": decision.reason,
        "because": _json(list(decision.because)),
        "findings": _json(list(decision.findings)),
        "opinion": _json(decision.opinion) if decision.opinion else None,
        "model": decision.model,
        "thresholds": _json(decision.thresholds) if decision.thresholds else None,
        "policy_version": decision.policy_version,
        "audit_probability": decision.audit_probability,
        "undoes": decision.undoes,
        "created_at": decision.at,
    }


_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def by_id(conn: Connection, comment_id: str) -> Record | None:
    """The comment with its current name, website and text."""
    return conn.execute(_WITH_TEXT.where(comments.c.id == bindparam("id")), {"id": comment_id}).one_or_none()


def by_ids(conn: Connection, ids: list[str]) -> list[Record]:
    return list(conn.execute(_WITH_TEXT.where(comments.c.id.in_(ids))))


_WITH_TEXT = select(comments, revisions.c.name, revisions.c.website, revisions.c.text).join(
    revisions, (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision)
)


_BY_KEY = Statement(
    select(comments.c.id, decisions.c.state_after.label("state"), comments.c.created_at, comments.c.request_digest)
    .join(decisions, (decisions.c.comment_id == comments.c.id) & (decisions.c.version == 1))
    .where(comments.c.site_id == bindparam("site_id"), comments.c.idempotency_key == bindparam("key"))
)


def by_idempotency_key(conn: Connection, site_id: str, key: str) -> Record | None:
    """The comment of an earlier request with this key, and the state that request was answered with."""
    return _BY_KEY.one_or_none(conn, {"site_id": site_id, "key": key})


def place_of(conn: Connection, comment_id: str) -> Record | None:
    return _PLACE.one_or_none(conn, {"id": comment_id})


_PLACE = Statement(
    select(comments.c.id, comments.c.thread_id, comments.c.depth, comments.c.state).where(
        comments.c.id == bindparam("id")
    )
)


_SAME_TEXT = Statement(
    select(comments.c.id, comments.c.site_id, comments.c.thread_id, comments.c.author_id, comments.c.created_at)
    .where(comments.c.text_digest == bindparam("digest"), comments.c.created_at >= bindparam("since"))
    .order_by(comments.c.created_at.desc())
    .limit(bindparam("most"))
)


def with_text_digest(conn: Connection, digest: int, *, since: int, limit: int) -> list[Record]:
    """Comments of the same text, newest first."""
    return _SAME_TEXT.all(conn, {"digest": digest, "since": since, "most": limit})
