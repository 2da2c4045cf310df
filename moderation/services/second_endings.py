"""How one piece of a second look's work ends: decided, dropped, put off, or too late.

Each ending says what became of it, and is stored with the end of its lease or not at all.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from moderation.domain.comment import State
from moderation.domain.decision import Decision
from moderation.storage import comments, outbox, second_looks
from moderation.storage.rows import Record

Ending = Callable[[Connection], str]


def settle(work: Record, decision: Decision, token: str) -> Ending:
    return partial(_settle, work=work, decision=decision, token=token)


def drop(work: Record, token: str, now: int) -> Ending:
    return partial(_drop, work=work, token=token, now=now)


def put_off(work: Record, token: str, due_at: int, *, counted: bool) -> Ending:
    return partial(_put_off, work=work, token=token, due_at=due_at, counted=counted)


def end_all(conn: Connection, endings: Sequence[Ending]) -> list[str]:
    return [end(conn) for end in endings]


def _settle(conn: Connection, *, work: Record, decision: Decision, token: str) -> str:
    """Store one decision with the end of its work, or neither; what became of it."""
    if not outbox.finish(conn, id=work.id, token=token):
        return "lease_lost"
    if comments.apply(conn, decision):
        return decision.state_after.value
    _look_at_new_revision(conn, work, decision.at)
    return "late"


def _drop(conn: Connection, *, work: Record, token: str, now: int) -> str:
    if not outbox.finish(conn, id=work.id, token=token):
        return "lease_lost"
    _look_at_new_revision(conn, work, now)
    return "dropped"


def _put_off(conn: Connection, *, work: Record, token: str, due_at: int, counted: bool) -> str:
    done = outbox.postpone(conn, id=work.id, token=token, due_at=due_at, counted=counted)
    return "put_off" if done else "lease_lost"


def _look_at_new_revision(conn: Connection, work: Record, now: int) -> None:
    """The author edited meanwhile: what was found out belongs to a text that is gone."""
    current = second_looks.revision_and_state(conn, work.comment_id)
    if current is not None and current.revision > work.revision and current.state == State.PENDING:
        outbox.ensure(conn, kind=outbox.SECOND_LOOK, comment_id=work.comment_id, revision=current.revision, at=now)
