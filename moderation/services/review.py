"""A moderator decides on a comment, or takes a decision back; the first of two wins, the other is told."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from moderation.domain.comment import HUMAN_LOOKS, Look, State
from moderation.domain.decision import Decision
from moderation.domain.reason import Reason
from moderation.outbound import metrics
from moderation.storage import claims, comments, concerns, history, notes
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

VERDICTS = {"approve": State.APPROVED, "reject": State.REJECTED, "spam": State.SPAM}


@dataclass(frozen=True, slots=True)
class Decide:
    """`version` is what the moderator was looking at; deciding on a newer one is a decision of its own."""

    moderator_id: str
    comment_id: str
    version: int
    verdict: State
    reason: Reason | None = None
    for_team: str = ""
    for_author: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    decision_id: str
    comment_id: str
    state: State
    version: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody decided since: `decision` is theirs, `version` what the comment is at now."""

    comment_id: str
    decision: Any
    version: int


class NotThere(Exception):
    """There is no such comment, or no such decision of this moderator."""


def decide(wiring: "Wiring", command: Decide) -> Decided | Conflict:
    """Raises NotThere."""
    now = wiring.clock.now_us()

    def work(conn: Connection) -> Decided | Conflict:
        comment = comments.by_id(conn, command.comment_id)
        if comment is None or comment.state in (State.WITHDRAWN, State.ERASED):
            raise NotThere
        if not _unchanged(conn, comment, command.version):
            return _conflict(conn, comment.id)
        decision = decision_by(command.moderator_id, comment, command.verdict, now, reason=_reason(command))
        applied = _apply(conn, decision, command.moderator_id)
        if isinstance(applied, Decided):
            notes.add_texts(conn, decision.id, for_team=command.for_team, for_author=command.for_author)
        return applied

    done = wiring.database.write(work)
    if isinstance(done, Decided):
        metrics.DECISIONS.labels(Look.MODERATOR.value, done.state.value).inc()
    return done


def decision_by(
    moderator_id: str, comment: Record, after: State, now: int, *, reason: str = "", undoes: str | None = None
) -> Decision:
    """What a moderator decides about a comment as it was just read, or, with `undoes`, takes back."""
    return Decision(
        id=new_id(now),
        site_id=comment.site_id,
        comment_id=comment.id,
        revision=comment.revision,
        version_before=comment.version,
        look=Look.UNDO if undoes else Look.MODERATOR,
        state_before=State(comment.state),
        state_after=after,
        decided_by=f"moderator:{moderator_id}",
        at=now,
        reason=reason,
        undoes=undoes,
    )


def _reason(command: Decide) -> str:
    if command.verdict is not State.REJECTED:
        return ""
    return (command.reason or Reason.OTHER).value


def _unchanged(conn: Connection, comment: Any, version: int) -> bool:
    """Nobody decided since `version`, and the text is the same.

    A worker's look that came in while the moderator was reading is no conflict: the person read the
    text and outranks the machine.
    """
    if comment.version == version:
        return True
    since = history.since(conn, comment.id, version)
    if not since or since[0].version != version or len(since) < 2:
        return False
    later = since[1:]
    return since[0].revision == comment.revision and all(row.look not in HUMAN_LOOKS for row in later)


def _apply(conn: Connection, decision: Decision, moderator_id: str) -> Decided | Conflict:
    if not comments.apply(conn, decision):
        return _conflict(conn, decision.comment_id)
    if decision.undoes:
        concerns.reopen(conn, decision.undoes)
    else:
        concerns.settle(conn, decision.comment_id, at=decision.at, decision_id=decision.id)
    claims.settle(conn, decision.comment_id)
    claims.forget_skip(conn, comment_id=decision.comment_id, moderator_id=moderator_id)
    return Decided(decision.id, decision.comment_id, decision.state_after, decision.version_before + 1)


def _conflict(conn: Connection, comment_id: str) -> Conflict:
    last = history.last(conn, comment_id)
    return Conflict(comment_id, last, last.version)


def undo(wiring: "Wiring", moderator_id: str, decision_id: str) -> Decided | Conflict:
    """Put a comment back to what it was before this moderator's decision, unless somebody decided since.

    Raises NotThere.
    """
    now = wiring.clock.now_us()

    def work(conn: Connection) -> Decided | Conflict:
        undone = history.by_id(conn, decision_id)
        if undone is None or undone.decided_by != f"moderator:{moderator_id}" or undone.look != Look.MODERATOR:
            raise NotThere
        comment = comments.by_id(conn, undone.comment_id)
        if comment is None:
            raise NotThere
        if comment.version != undone.version:
            return _conflict(conn, comment.id)
        decision = decision_by(moderator_id, comment, State(undone.state_before), now, undoes=undone.id)
        return _apply(conn, decision, moderator_id)

    return wiring.database.write(work)
