"""The second look: what is unscored is scored, floods and precedents are found, the policy decides again.

The outbox says what is due; ids from the queue are hints. Work is leased, and a decision is stored with
the end of its lease in one transaction, by compare-and-set: whatever a worker does twice, late or after
a moderator changes nothing.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Connection

from moderation.domain.comment import HUMAN_LOOKS, Look, State
from moderation.domain.decision import Decision
from moderation.domain.finding import Finding, Missing, Opinion
from moderation.outbound import metrics
from moderation.services import floods
from moderation.services.second_decision import Case, case_of, decide_again, give_up
from moderation.services.sites import of_thread
from moderation.storage import comments, outbox, second_looks, sentence_vectors
from moderation.storage.database import Unavailable
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.domain.policy import Thresholds
    from moderation.domain.site import Site
    from moderation.wiring import Wiring

SECOND_US = 1_000_000
# From the death of a worker to the next try; a batch takes a fraction of it.
LEASE_US = 10 * SECOND_US
MOST_ATTEMPTS = 3
IN_ONE_LEASE = 64
# A transaction this long keeps SQLite's other writers waiting for some 20 ms.
IN_ONE_WRITE = 32
STORED = frozenset(state.value for state in State)
CANARY = "The library opens at nine on Saturdays."

Ending = Callable[[Connection], str]
Vector = NDArray[np.float32]
Vectors = NDArray[np.float32]
log = structlog.get_logger(__name__)


class Precedents(Protocol):
    def findings(
        self, site_id: str, texts: Sequence[str], vectors: Sequence[Vector | None] | None = None
    ) -> list[list[Finding]]: ...


class Second(Protocol):
    """What reads sentences: SecondScorer, or nothing where no encoder is."""

    @property
    def encoder(self) -> str | None: ...

    def vectors(self, texts: Sequence[str]) -> Vectors | None: ...

    def opinions(self, texts: Sequence[str], vectors: Vectors) -> list[Opinion | Missing]: ...

    def thresholds(self, opinion: Opinion) -> "Thresholds | None": ...


def run(
    wiring: "Wiring", comment_ids: Sequence[str], precedents: Precedents | None = None, second: Second | None = None
) -> Counter[str]:
    """Look at what is due of these; how many ended how."""
    counts: Counter[str] = Counter()
    now = wiring.clock.now_us()
    with wiring.database.read() as conn:
        attempts = outbox.attempts(conn, kind=outbox.SECOND_LOOK, comment_ids=[*set(comment_ids)], now=now)
    due = sorted(attempts)
    fresh = [one for one in due if attempts[one] == 0]
    batches = [fresh[start : start + IN_ONE_LEASE] for start in range(0, len(fresh), IN_ONE_LEASE)]
    # What was tried before goes alone: if it ends this worker too, it takes nothing along.
    for batch in [*batches, *([one] for one in due if attempts[one] > 0)]:
        counts += _Look(wiring, precedents, second).at(batch)
    return counts


def run_in_company(
    wiring: "Wiring", comment_ids: Sequence[str], precedents: Precedents | None = None, second: Second | None = None
) -> Counter[str]:
    """The same, with more of what is due where these fill no batch.

    A disk that takes its time is waited for as often for one comment as for sixty, so a worker that falls
    behind takes larger batches; the jobs that come after then find nothing left to do.
    """
    ids = list(comment_ids)
    room = IN_ONE_LEASE - len(ids)
    if room > 0:
        now = wiring.clock.now_us()
        with wiring.database.read() as conn:
            ids += outbox.due(conn, kind=outbox.SECOND_LOOK, now=now, limit=room)
    return run(wiring, ids, precedents, second)


class _Look:
    """One lease's worth of work, in the order in which it is done."""

    def __init__(self, wiring: "Wiring", precedents: Precedents | None, second: Second | None) -> None:
        self._wiring = wiring
        self._precedents = precedents
        self._second = second
        self._now = wiring.clock.now_us()
        self._token = new_id(self._now)
        self._sites: dict[str, Site | None] = {}
        self._endings: list[Ending] = []

    def at(self, comment_ids: list[str]) -> Counter[str]:
        now = self._now
        work = self._wiring.database.write(
            lambda conn: outbox.lease(
                conn, kind=outbox.SECOND_LOOK, comment_ids=comment_ids, token=self._token, now=now,
                until=now + LEASE_US,
            )
        )  # fmt: skip
        if not work:
            return Counter()
        try:
            work.sort(key=lambda one: str(one.comment_id))  # the same order everywhere: no deadlocks
            for case in self._complete(self._scored(self._cases(work))):
                self._settle(case, decide_again(case, self._wiring.clock.now_us()))
            return self._write()
        except Unavailable:
            raise
        except Exception as error:
            # Back it goes, to be tried alone and later; the attempts are counted in SQL.
            log.error("look_again.failed", error=type(error).__name__, comments=len(work))
            self._endings = []
            for one in work:
                self._put_off(one, _backoff_us(one.attempts))
            self._write()
            raise

    def _cases(self, work: Sequence[Record]) -> Iterator[Case]:
        """What there is to look at; the rest is ended here."""
        with self._wiring.database.read() as conn:
            found = second_looks.read(conn, [one.comment_id for one in work], now=self._now)
        for one in work:
            comment = found.get(one.comment_id)
            site = self._site(comment.site_id) if comment is not None else None
            if comment is None or site is None or _is_settled(comment, one):
                self._endings.append(partial(_drop, work=one, token=self._token, now=self._now))
            elif comment.claimed_until is not None:
                # A moderator is reading it: changing it now would only make their decision a conflict.
                self._put_off(one, comment.claimed_until - self._now + _jitter(SECOND_US), counted=False)
            elif one.attempts > MOST_ATTEMPTS:
                case = case_of(one, comment, of_thread(site.policy, comment.thread_policy))
                self._settle(case, give_up(case, self._now))
            else:
                yield case_of(one, comment, of_thread(site.policy, comment.thread_policy))

    def _scored(self, looked_at: Iterable[Case]) -> list[Case]:
        """Score what has no opinion; those that still have none are put off or given up."""
        cases = list(looked_at)
        unscored = [case for case in cases if isinstance(case.opinion, Missing)]
        if not unscored:
            return cases
        scorer = self._wiring.scorer
        opinions = scorer.opinions([case.comment.text for case in unscored])
        for case, opinion in zip(unscored, opinions, strict=True):
            model = opinion.model if isinstance(opinion, Opinion) else None
            case.score_with(opinion, scorer.operating_point(model))
        failed = [case for case in unscored if isinstance(case.opinion, Missing)]
        if failed:
            self._not_scored(failed, sick=isinstance(scorer.opinion(CANARY), Missing))
        return [case for case in cases if not isinstance(case.opinion, Missing)]

    def _not_scored(self, failed: list[Case], *, sick: bool) -> None:
        """A scorer that fails with everything is not these comments' fault; one that fails with them is."""
        for case in failed:
            if sick:
                waited = self._now - case.comment.created_at
                self._put_off(case.work, _until_model_is_back_us(waited), counted=False)
            elif case.work.attempts >= MOST_ATTEMPTS:
                self._settle(case, give_up(case, self._now))
            else:
                self._put_off(case.work, _backoff_us(case.work.attempts))

    def _complete(self, cases: list[Case]) -> list[Case]:
        """Add what only a second look finds: floods, and what moderators decided on similar comments."""
        found = floods.find(self._wiring, [case.comment for case in cases]) if cases else {}
        for case in cases:
            flood = found.get(case.comment.id)
            if flood is not None:
                case.flood_size = flood.size
                case.found += floods.findings(flood)
        if self._second is not None:
            self._read_sentences(self._second, cases)
        if self._precedents is not None:
            _add_precedents(self._precedents, cases)
        return cases

    def _read_sentences(self, second: Second, cases: list[Case]) -> None:
        """Vectors once a comment, in one batch and kept for every process; an opinion beside the first look's."""
        texts = [case.comment.text for case in cases]
        vectors = second.vectors(texts) if cases else None
        if vectors is None or second.encoder is None:
            return
        for case, vector, opinion in zip(cases, vectors, second.opinions(texts, vectors), strict=True):
            case.vector, case.second = vector, opinion
            case.second_thresholds = second.thresholds(opinion) if isinstance(opinion, Opinion) else None
        keep = partial(
            sentence_vectors.keep,
            vectors={
                (case.comment.id, case.comment.revision): vector for case, vector in zip(cases, vectors, strict=True)
            },
            encoder=second.encoder,
        )
        self._wiring.database.write(keep)

    def _settle(self, case: Case, decision: Decision) -> None:
        self._endings.append(partial(_settle, work=case.work, decision=decision, token=self._token))

    def _put_off(self, work: Record, delay_us: int, *, counted: bool = True) -> None:
        due_at = self._wiring.clock.now_us() + delay_us
        self._endings.append(partial(_put_off, work=work, token=self._token, due_at=due_at, counted=counted))

    def _write(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for start in range(0, len(self._endings), IN_ONE_WRITE):
            some = self._endings[start : start + IN_ONE_WRITE]
            counts.update(self._wiring.database.write(partial(_end_all, some)))
        for ending, count in counts.items():
            metrics.LOOKED_AGAIN.labels(ending).inc(count)
            if ending in STORED:
                metrics.DECISIONS.labels(Look.SECOND.value, ending).inc(count)
        return counts

    def _site(self, site_id: str) -> "Site | None":
        if site_id not in self._sites:
            self._sites[site_id] = self._wiring.sites.by_id(site_id)
        return self._sites[site_id]


def _add_precedents(precedents: Precedents, cases: list[Case]) -> None:
    for site_id in {case.comment.site_id for case in cases}:
        here = [case for case in cases if case.comment.site_id == site_id]
        known = precedents.findings(
            site_id, [case.comment.text for case in here], [case.vector for case in here]
        )
        for case, findings in zip(here, known, strict=True):
            case.found += findings


def _is_settled(comment: Record, work: Record) -> bool:
    """Decided meanwhile, taken back by a person, or edited into another text."""
    return bool(comment.state != State.PENDING or comment.look in HUMAN_LOOKS or comment.revision != work.revision)


def _end_all(endings: Sequence[Ending], conn: Connection) -> list[str]:
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


def _backoff_us(attempts: int) -> int:
    """2, 8, 32 … seconds and up to half as much again, so that what failed together does not return together."""
    return _jitter(2 * SECOND_US * 4 ** (attempts - 1))


def _until_model_is_back_us(waited_us: int) -> int:
    return _jitter(min(max(waited_us // 4, 5 * SECOND_US), 120 * SECOND_US))


def _jitter(delay_us: int) -> int:
    return delay_us + random.randrange(delay_us // 2 + 1)
