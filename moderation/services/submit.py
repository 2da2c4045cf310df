"""Take readers' comments: look at each, decide, and store it whole.

Comments that come at the same time are taken together: one look of the model and one transaction serve all of
them. Each is answered as if it had come alone.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from moderation.domain.comment import Look, State
from moderation.domain.section import section_of
from moderation.outbound import metrics
from moderation.services import submission, submit_rows
from moderation.services.assess import Question, assess_all
from moderation.services.submission import Arrival, Refused, SubmitComment, Submitted
from moderation.services.submit_rows import Ready
from moderation.storage import authors, comments, outbox, threads
from moderation.storage.database import Unavailable
from moderation.storage.ids import new_id
from moderation.storage.together import Piece

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def submit(wiring: "Wiring", command: SubmitComment) -> Submitted:
    """Raises Refused for what the reader must know, and never after anything was stored."""

    def take(batch: Sequence[Piece[SubmitComment, Submitted]]) -> None:
        for piece, outcome in zip(batch, submit_all(wiring, [piece.item for piece in batch]), strict=True):
            if isinstance(outcome, Submitted):
                piece.result = outcome
            else:
                piece.error = outcome

    return wiring.submissions.ask(command, take)


def submit_all(wiring: "Wiring", commands: Sequence[SubmitComment]) -> list[Submitted | Exception]:
    """One outcome a comment; what goes wrong with one is its own."""
    arrivals = [submission.arrival(wiring, command) for command in commands]
    for strangers in _without_kin(arrivals):
        _take(wiring, strangers)
    return [one.outcome or AssertionError("no outcome") for one in arrivals]


def _without_kin(arrivals: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    """Groups without two comments of one author, one text or one key: what becomes of the second depends on the
    first."""
    left = list(arrivals)
    while left:
        seen: set[object] = set()
        strangers: list[Arrival] = []
        kin: list[Arrival] = []
        for one in left:
            marks = {one.email_digest, one.text_digest, (one.site.id, one.command.idempotency_key or one)}
            (kin if marks & seen else strangers).append(one)
            seen |= marks
        yield strangers
        left = kin


def _take(wiring: "Wiring", arrivals: Sequence[Arrival]) -> None:
    try:
        _take_together(wiring, arrivals)
    except Exception as error:
        if len(arrivals) == 1 or isinstance(error, Unavailable):
            for one in arrivals:
                one.outcome = one.outcome or error
            return
        # Nothing of these is stored. Whose fault it was shows when each is taken alone.
        for one in arrivals:
            if one.outcome is None:
                _take(wiring, [one])


def _take_together(wiring: "Wiring", arrivals: Sequence[Arrival]) -> None:
    let_in = _let_in(wiring, arrivals)
    if not let_in:
        return
    assessments = assess_all(wiring.scorer, [_question(one) for one in let_in])
    stored = [
        submit_rows.ready(wiring.vault, one, assessment)
        for one, assessment in zip(let_in, assessments, strict=True)
    ]
    try:
        wiring.database.write(lambda conn: _store(conn, stored))
    except IntegrityError:
        if len(stored) > 1:
            raise
        # Another request with the same idempotency key was a moment faster.
        let_in[0].outcome = _answered_before(wiring, let_in[0].command)
        if let_in[0].outcome is None:
            raise
        return
    for ready in stored:
        one = ready.arrival
        one.outcome = Submitted(ready.comment_id, ready.decision.state_after, one.at)
    for ready, assessment in zip(stored, assessments, strict=True):
        metrics.decided(Look.FIRST.value, assessment.verdict.band.value)
        if ready.second_look:
            wiring.queue.submit(ready.comment_id)


def _let_in(wiring: "Wiring", arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those that nothing known speaks against; the others get their outcome."""
    # No snapshot: what these reads could miss, the transaction that stores refuses.
    with wiring.database.glance() as conn:
        for one in arrivals:
            submission.read_known(conn, one)
    for one in arrivals:
        try:
            submission.refuse(one)
        except Refused as refused:
            # A retry of a request that was answered is no repeat.
            one.outcome = _answered_before(wiring, one.command) or refused
    return [one for one in arrivals if one.outcome is None]


def _answered_before(wiring: "Wiring", command: SubmitComment) -> Submitted | Refused | None:
    if not command.idempotency_key:
        return None
    with wiring.database.read() as conn:
        row = comments.by_idempotency_key(conn, command.site.id, command.idempotency_key)
    if row is None:
        return None
    if row.request_digest != submit_rows.request_digest(command):
        return Refused("key_reused", "Idempotency-Key")
    return Submitted(row.id, State(row.state), row.created_at, repeated=True)


def _question(one: Arrival) -> Question:
    command = one.command
    return Question(
        policy=one.site.policy, name=command.name, website=command.website, text=command.text,
        author=submission.history(one), form=command.form, same_text_today=submission.same_text_today(one),
        site_id=one.site.id,
    )  # fmt: skip


def _store(conn: Connection, stored: Sequence[Ready]) -> None:
    # Rows that others may hold are taken in one order, so that two transactions wait and do not lock up.
    by_address = sorted(stored, key=lambda ready: ready.arrival.email_digest)
    author_ids = {ready.comment_id: _author_id(conn, ready) for ready in by_address}
    authors.posted_again(
        conn,
        [
            (author_ids[ready.comment_id], ready.decision.state_after, ready.arrival.at)
            for ready in stored
            if ready.new_author is None
        ],
    )
    opened: dict[tuple[str, str], str] = {}
    new = []
    for ready in stored:
        thread_id = _thread(conn, ready.arrival, opened)
        row = submit_rows.comment_row(ready, thread_id, author_ids[ready.comment_id])
        new.append(comments.New(row, submit_rows.revision_row(ready), ready.decision))
    comments.add_all(conn, new)
    outbox.add_all(
        conn,
        kind=outbox.SECOND_LOOK,
        comments=[(ready.comment_id, ready.arrival.at) for ready in stored if ready.second_look],
    )


def _author_id(conn: Connection, ready: Ready) -> str:
    if ready.new_author is None:
        assert ready.arrival.author is not None
        return str(ready.arrival.author.id)
    return authors.posted(conn, **ready.new_author, state=ready.decision.state_after, at=ready.arrival.at)


def _thread(conn: Connection, one: Arrival, opened: dict[tuple[str, str], str]) -> str:
    if one.thread is not None:
        return str(one.thread.id)
    url = (one.site.id, one.command.thread_url)
    if url not in opened:
        opened[url] = threads.add(
            conn, id=new_id(one.at), site_id=one.site.id, url=one.command.thread_url,
            title=one.command.thread_title or one.command.thread_url,
            section=section_of(one.command.thread_url, one.command.thread_section), at=one.at,
        )  # fmt: skip
    return opened[url]
