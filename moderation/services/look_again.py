"""The second look: what is unscored is scored, more clues are found, the policy decides again.

The outbox says what is due; ids from the queue are hints. Work is leased, and a decision is stored with
the end of its lease in one transaction, by compare-and-set: whatever a worker does twice, late or after
a moderator changes nothing.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog

from moderation.domain.comment import HUMAN_LOOKS, Look, State
from moderation.domain.decision import Decision
from moderation.domain.finding import Missing, Opinion
from moderation.outbound import metrics
from moderation.services import second_clues, second_endings
from moderation.services.second_clues import Precedents, Second
from moderation.services.second_decision import Case, case_of, decide_again, give_up
from moderation.services.second_endings import Ending
from moderation.services.sites import of_thread
from moderation.storage import outbox, second_looks
from moderation.storage.database import Unavailable
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
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

log = structlog.get_logger(__name__)


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
                self._endings.append(second_endings.drop(one, self._token, self._now))
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
        second_clues.add(self._wiring, cases, self._precedents, self._second)
        return cases

    def _settle(self, case: Case, decision: Decision) -> None:
        self._endings.append(second_endings.settle(case.work, decision, self._token))

    def _put_off(self, work: Record, delay_us: int, *, counted: bool = True) -> None:
        due_at = self._wiring.clock.now_us() + delay_us
        self._endings.append(second_endings.put_off(work, self._token, due_at, counted=counted))

    def _write(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for start in range(0, len(self._endings), IN_ONE_WRITE):
            some = self._endings[start : start + IN_ONE_WRITE]
            counts.update(self._wiring.database.write(partial(second_endings.end_all, endings=some)))
        for ending, count in counts.items():
            metrics.LOOKED_AGAIN.labels(ending).inc(count)
            if ending in STORED:
                metrics.DECISIONS.labels(Look.SECOND.value, ending).inc(count)
        return counts

    def _site(self, site_id: str) -> "Site | None":
        if site_id not in self._sites:
            self._sites[site_id] = self._wiring.sites.by_id(site_id)
        return self._sites[site_id]


def _is_settled(comment: Record, work: Record) -> bool:
    """Decided meanwhile, taken back by a person, or edited into another text."""
    return bool(comment.state != State.PENDING or comment.look in HUMAN_LOOKS or comment.revision != work.revision)


def _backoff_us(attempts: int) -> int:
    """2, 8, 32 … seconds and up to half as much again, so that what failed together does not return together."""
    return _jitter(2 * SECOND_US * 4 ** (attempts - 1))


def _until_model_is_back_us(waited_us: int) -> int:
    return _jitter(min(max(waited_us // 4, 5 * SECOND_US), 120 * SECOND_US))


def _jitter(delay_us: int) -> int:
    return delay_us + random.randrange(delay_us // 2 + 1)
