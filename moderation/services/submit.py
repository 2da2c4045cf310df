"""Take one reader's comment: look at it, decide, and store it whole, in one transaction."""

import hashlib
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from moderation.checks.context import Author, Form
from moderation.domain import decision as decisions
from moderation.domain.comment import Band, Look, State
from moderation.domain.decision import Decision
from moderation.domain.finding import Opinion
from moderation.domain.priority import priority, sort_key
from moderation.domain.section import section_of
from moderation.domain.site import Site
from moderation.outbound import metrics
from moderation.services.assess import Assessment, assess
from moderation.services.sites import of_thread
from moderation.storage import authors, comments, outbox, threads
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

DAY_US = 86_400_000_000
REPEAT_WINDOW_US = 7 * DAY_US
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class SubmitComment:
    """One comment as it came in, its fields already checked for form."""

    site: Site
    thread_url: str
    thread_title: str
    name: str
    email: str
    website: str
    text: str
    parent: str | None
    network_address: str
    form: Form
    idempotency_key: str | None = None
    received_at: int | None = None
    thread_section: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    id: str
    state: State
    created_at: int
    repeated: bool = False  # the same request was answered before


class Refused(Exception):
    """The comment is not taken; `fact` says why, `field` where."""

    def __init__(self, fact: str, field: str = "") -> None:
        super().__init__(fact)
        self.fact = fact
        self.field = field


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read before deciding."""

    thread: Record | None
    author: Record | None
    parent: Record | None
    same_text: list[Record]
    digest: int


def submit(wiring: "Wiring", command: SubmitComment) -> Submitted:
    """Raises Refused for what the reader must know, and never after anything was stored."""
    now = command.received_at or wiring.clock.now_us()
    email_digest = wiring.vault.digest(command.site.id, command.email)
    # No snapshot: what these reads could miss, the transaction below refuses.
    with wiring.database.glance() as conn:
        known = _read(conn, command, email_digest, now)
    command = _under_thread(command, known.thread)
    try:
        _refuse(command, known, now)
    except Refused:
        # A retry of a request that was answered is no repeat.
        if done := _answered_before(wiring, command):
            return done
        raise
    assessment = assess(
        wiring.scorer, command.site.policy, name=command.name, website=command.website, text=command.text,
        author=_author(known.author, now), form=command.form,
        same_text_today=sum(row.site_id == command.site.id and row.created_at > now - DAY_US
                            for row in known.same_text),
        site_id=command.site.id,
    )  # fmt: skip
    sealed = wiring.vault.seal(command.email)
    comment_id = new_id(now)
    decision = _decision(comment_id, command, assessment, now)
    address_digest = wiring.vault.address_digest(command.network_address, now)
    # What could not be scored is tried again whatever the site's policy says of second looks.
    second_look = decision.state_after is State.PENDING and (
        command.site.policy.second_look or decision.band is Band.UNSCORED
    )

    def store(conn: Connection) -> None:
        thread_id = known.thread.id if known.thread else _open_thread(conn, command, now)
        author_id = authors.posted(
            conn, id=new_id(now), site_id=command.site.id, email_digest=email_digest,
            email_sealed=sealed, at=now,
        )  # fmt: skip
        row = _comment_row(comment_id, command, known, decision, thread_id, author_id, address_digest)
        comments.add(conn, row, _revision_row(comment_id, command, now), decision)
        if second_look:
            outbox.add(conn, kind=outbox.SECOND_LOOK, comment_id=comment_id, revision=1, at=now)

    try:
        wiring.database.write(store)
    except IntegrityError:
        # Another request with the same idempotency key was a moment faster.
        if done := _answered_before(wiring, command):
            return done
        raise
    metrics.decided(Look.FIRST.value, assessment.verdict.band.value)
    if second_look:
        wiring.queue.submit(comment_id)
    return Submitted(comment_id, decision.state_after, now)


def _answered_before(wiring: "Wiring", command: SubmitComment) -> Submitted | None:
    if not command.idempotency_key:
        return None
    with wiring.database.read() as conn:
        row = comments.by_idempotency_key(conn, command.site.id, command.idempotency_key)
    if row is None:
        return None
    if row.request_digest != _request_digest(command):
        raise Refused("key_reused", "Idempotency-Key")
    return Submitted(row.id, State(row.state), row.created_at, repeated=True)


def _read(conn: Connection, command: SubmitComment, email_digest: str, now: int) -> _Known:
    digest = text_digest(command.text)
    return _Known(
        thread=threads.find(conn, command.site.id, command.thread_url),
        author=authors.find(conn, command.site.id, email_digest),
        parent=comments.place_of(conn, command.parent) if command.parent else None,
        same_text=comments.with_text_digest(conn, digest, since=now - REPEAT_WINDOW_US, limit=50),
        digest=digest,
    )


def _under_thread(command: SubmitComment, thread: Record | None) -> SubmitComment:
    """The policy of this thread, where it differs from its site's."""
    if thread is None or thread.policy is None:
        return command
    return replace(command, site=replace(command.site, policy=of_thread(command.site.policy, thread.policy)))


def _refuse(command: SubmitComment, known: _Known, now: int) -> None:
    if known.thread is not None and _is_closed(known.thread, command.site, now):
        raise Refused("thread_closed")
    if known.author is not None and _standing(known.author, now) in ("banned", "suspended"):
        raise Refused("author_banned")
    if command.parent:
        if known.parent is None or known.thread is None or known.parent.thread_id != known.thread.id:
            raise Refused("parent_elsewhere", "parent")
        if known.parent.state != State.APPROVED:
            raise Refused("parent_not_shown", "parent")
    if known.author is not None and known.thread is not None:
        for row in known.same_text:
            if row.author_id == known.author.id and row.thread_id == known.thread.id:
                raise Refused("repeated", "comment")


def _is_closed(thread: Record, site: Site, now: int) -> bool:
    days = site.policy.close_after_days
    return not thread.open or (days > 0 and thread.created_at < now - days * DAY_US)


def _standing(author: Record, now: int) -> str:
    if author.standing_until is not None and author.standing_until <= now:
        return "normal"
    return str(author.standing)


def _author(row: Record | None, now: int) -> Author:
    if row is None:
        return Author()
    in_burst = row.burst_started_at >= now - authors.BURST_US
    return Author(
        standing=_standing(row, now), posted=row.posted, approved=row.approved, rejected=row.rejected,
        spam=row.spam, burst=row.burst if in_burst else 0,
    )  # fmt: skip


def _decision(comment_id: str, command: SubmitComment, assessment: Assessment, now: int) -> Decision:
    verdict, opinion, policy = assessment.verdict, assessment.opinion, command.site.policy
    probability = decisions.audit_probability(policy, verdict, opinion)
    return Decision(
        id=new_id(now),
        site_id=command.site.id,
        comment_id=comment_id,
        revision=1,
        version_before=0,
        look=Look.FIRST,
        state_before=None,
        state_after=verdict.state,
        decided_by=decisions.decided_by(verdict, opinion, assessment.findings),
        at=now,
        band=verdict.band,
        because=[code.value for code in verdict.because],
        findings=[finding.as_json() for finding in assessment.findings],
        opinion=opinion.as_json() if isinstance(opinion, Opinion) else None,
        model=opinion.model if isinstance(opinion, Opinion) else None,
        thresholds=verdict.thresholds.as_json() if verdict.thresholds else None,
        policy_version=policy.version,
        audit_probability=probability,
        audit_drawn=probability is not None and random.random() < probability,
        queue_key=sort_key(priority(opinion), now),
    )


def _open_thread(conn: Connection, command: SubmitComment, now: int) -> str:
    return threads.add(
        conn, id=new_id(now), site_id=command.site.id, url=command.thread_url,
        title=command.thread_title or command.thread_url, at=now,
        section=section_of(command.thread_url, command.thread_section),
    )  # fmt: skip


def _comment_row(
    comment_id: str, command: SubmitComment, known: _Known, decision: Decision, thread_id: str, author_id: str,
    address_digest: str,
) -> dict[str, Any]:  # fmt: skip
    opinion = decision.opinion or {}
    return {
        "id": comment_id,
        "site_id": command.site.id,
        "thread_id": thread_id,
        "parent_id": command.parent,
        "depth": min(DEEPEST, known.parent.depth + 1) if known.parent else 0,
        "author_id": author_id,
        "revision": 1,
        "version": 1,
        "state": decision.state_after,
        "band": decision.band,
        "p_reject": opinion.get("p_reject"),
        "p_low": opinion.get("low"),
        "p_high": opinion.get("high"),
        "queue_key": decision.queue_key,
        "text_digest": known.digest,
        "flood_id": None,
        "idempotency_key": command.idempotency_key,
        "request_digest": _request_digest(command) if command.idempotency_key else None,
        "address_digest": address_digest,
        "audit_drawn": decision.audit_drawn,
        "created_at": decision.at,
        "decided_at": None if decision.state_after is State.PENDING else decision.at,
    }


def _revision_row(comment_id: str, command: SubmitComment, now: int) -> dict[str, Any]:
    return {
        "comment_id": comment_id, "revision": 1, "name": command.name, "website": command.website,
        "text": command.text, "created_at": now,
    }  # fmt: skip


def text_digest(text: str) -> int:
    """63 bits of a hash of the text with case and spacing folded; equal texts are compared by it alone."""
    folded = " ".join(text.casefold().split()).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(folded, digest_size=8).digest(), "big") >> 1


def _request_digest(command: SubmitComment) -> str:
    parts = (
        command.thread_url, command.name, command.email, command.website, command.text, command.parent or "",
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
