"""A second look at texts that other programs show us, for those that ask whether they are spam and can ask again.

What the first look is not sure of waits in SQL, sealed, until a worker has read it as sentences; then the words are
gone, and a hash with the verdict stays for a day. The queue carries ids.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import Connection

from moderation.domain.finding import Missing, Opinion
from moderation.domain.site import Site
from moderation.outbound import metrics
from moderation.services.assess_text import Judgement, judge
from moderation.storage import outbox, shown_texts
from moderation.storage.database import Unavailable
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from moderation.wiring import Wiring

SECOND_US = 1_000_000
# A worker answers within a second or two when it has nothing else to do.
RECHECK_AFTER_S = 30
# Whoever has asked for this long gets the first look's answer: a comment is not held for ever because no worker runs.
GIVEN_UP_AFTER_US = 600 * SECOND_US
KEPT_US = 24 * 3600 * SECOND_US
MOST_WAITING = 10_000
MOST_TEXT = 20_480
LEASE_US = 10 * SECOND_US
MOST_ATTEMPTS = 3
IN_ONE_LEASE = 32
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    text: str
    name: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`ask_again_s`: 0 where this answer is the last one."""

    spam: bool
    ask_again_s: int = 0


class Second(Protocol):
    """What reads sentences: SecondScorer, or nothing where no encoder is."""

    def vectors(self, texts: Sequence[str]) -> "NDArray[np.float32] | None": ...

    def opinions(
        self, texts: Sequence[str], vectors: "NDArray[np.float32]", site_ids: Sequence[str]
    ) -> Sequence[Opinion | Missing]: ...


def ask(wiring: "Wiring", site: Site, shown: Shown, *, may_begin: bool) -> Answer:
    """What the second look says of a doubtful text, or when to ask again; with `may_begin` a new text gets one."""
    digest = wiring.vault.text_digest(site.id, " ".join(shown.text.casefold().split()))
    now = wiring.clock.now_us()
    with wiring.database.glance() as conn:
        row = shown_texts.find(conn, site.id, digest)
    if row is None:
        begins = may_begin and site.policy.second_look and len(shown.text) <= MOST_TEXT
        return Answer(False, RECHECK_AFTER_S if begins and _begin(wiring, site, shown, digest, now) else 0)
    if row.spam is not None:
        return Answer(bool(row.spam))
    return Answer(False, RECHECK_AFTER_S if now - row.created_at < GIVEN_UP_AFTER_US else 0)


def _begin(wiring: "Wiring", site: Site, shown: Shown, digest: str, now: int) -> bool:
    sealed = wiring.vault.seal(json.dumps(asdict(shown)))
    id = new_id(now)
    row = {"id": id, "site_id": site.id, "digest": digest, "sealed": sealed, "spam": None, "created_at": now}

    def work(conn: Connection) -> bool:
        if shown_texts.waiting(conn, most=MOST_WAITING) >= MOST_WAITING:
            return False
        if shown_texts.add(conn, row):
            outbox.add_all(conn, kind=outbox.SHOWN_TEXT, comments=[(id, now)])
        return True

    taken = wiring.database.write(work)
    if taken:
        wiring.queue.submit(id)
    return taken


def run(wiring: "Wiring", ids: Sequence[str], second: Second | None = None) -> Counter[str]:
    """Read what is due of these; how many ended how."""
    now = wiring.clock.now_us()
    with wiring.database.read() as conn:
        attempts = outbox.attempts(conn, kind=outbox.SHOWN_TEXT, comment_ids=[*set(ids)], now=now)
    fresh = [one for one in sorted(attempts) if attempts[one] == 0]
    batches = [fresh[start : start + IN_ONE_LEASE] for start in range(0, len(fresh), IN_ONE_LEASE)]
    counts: Counter[str] = Counter()
    # What was tried before goes alone: if it ends this worker too, it takes nothing along.
    for batch in [*batches, *([one] for one in sorted(attempts) if attempts[one] > 0)]:
        counts += _look(wiring, batch, second)
    for ending, count in counts.items():
        metrics.LOOKED_AGAIN.labels(ending).inc(count)
    return counts


def _look(wiring: "Wiring", ids: list[str], second: Second | None) -> Counter[str]:
    now = wiring.clock.now_us()
    token = new_id(now)
    work = wiring.database.write(
        lambda conn: outbox.lease(
            conn, kind=outbox.SHOWN_TEXT, comment_ids=ids, token=token, now=now, until=now + LEASE_US
        )
    )
    with wiring.database.read() as conn:
        rows = shown_texts.unread(conn, [one.comment_id for one in work])
    try:
        spam = _verdicts(wiring, list(rows.values()), second)
    except Unavailable:
        raise
    except Exception as error:
        log.error("shown_texts.failed", error=type(error).__name__, texts=len(rows))
        spam = {one.comment_id: False for one in work if one.attempts >= MOST_ATTEMPTS}  # the first look's answer
    return wiring.database.write(lambda conn: Counter(_end(conn, one, spam, rows, token) for one in work))


def _end(
    conn: Connection, work: Record, spam: Mapping[str, bool], rows: Mapping[str, Record], token: str
) -> str:
    if work.comment_id in rows and work.comment_id not in spam:
        return "text_put_off"  # its lease runs out, and it is tried again
    if not outbox.finish(conn, id=work.id, token=token):
        return "lease_lost"
    if work.comment_id not in rows:
        return "dropped"
    shown_texts.settle(conn, work.comment_id, spam=spam[work.comment_id])
    return "text_spam" if spam[work.comment_id] else "text_no_spam"


def _verdicts(wiring: "Wiring", rows: Sequence[Record], second: Second | None) -> dict[str, bool]:
    spam: dict[str, bool] = {}
    open_ones: dict[str, tuple[Shown, Judgement]] = {}
    for row in rows:
        found = _first_look(wiring, row)
        spam[row.id] = found is not None and found[1].is_spam
        if found is not None and not spam[row.id]:
            open_ones[row.id] = found
    texts = [shown.text for shown, _ in open_ones.values()]
    vectors = second.vectors(texts) if second is not None and texts else None
    if second is None or vectors is None:
        return spam
    sites = [row.site_id for row in rows if row.id in open_ones]
    opinions = second.opinions(texts, vectors, sites)
    for (id, (_, judged)), opinion in zip(open_ones.items(), opinions, strict=True):
        score = opinion.attributes.get("spam", 0.0) if isinstance(opinion, Opinion) else 0.0
        spam[id] = score >= judged.spam_from
    return spam


def _first_look(wiring: "Wiring", row: Record) -> tuple[Shown, Judgement] | None:
    """Once more: the site's word lists may be others by now. None for words that no key opens any more."""
    site = wiring.sites.by_id(row.site_id)
    try:
        shown = Shown(**json.loads(wiring.vault.open(row.sealed)))
    except InvalidToken:
        return None
    if site is None:
        return None
    judged = judge(wiring, site, shown.text, name=shown.name, website=shown.website, alone=True)
    return shown, judged
