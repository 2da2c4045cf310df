"""Bring a stream of comments in, a few hundred a transaction. What is here already is known again and left alone.

Nothing that a posted comment sets going is set going by these: no second look, no notice, no draw for an audit.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from moderation.domain.site import Site
from moderation.refusal import Refusal
from moderation.services.moving.incoming import Left, Raw, Report
from moderation.services.moving.rows import Batch, Place, store
from moderation.services.moving.rows_of_ours import decision_ids
from moderation.services.moving.spool import Spool
from moderation.services.moving.tidy import Incoming, Known, tidy
from moderation.storage import imports
from moderation.storage.ids import is_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring

AT_ONCE = 200  # some 50 ms for whoever else wants to write to SQLite
MOST_ORIGINS = 50


def take_in(
    wiring: "Wiring", site: Site, format: str, found: Iterable[Raw | Left], report: Report, *, labels: bool = True
) -> None:
    """`report` is filled as it goes, so that it is right when the file breaks off in the middle."""
    taking = _Taking(wiring, site, format, report, labels)
    with Spool() as spool:
        for some in _batches(taking.tidied(found)):
            for early in taking.take(some):
                spool.put(early)
        _take_early_ones(taking, spool)


def _take_early_ones(taking: "_Taking", spool: Spool) -> None:
    """Answers that came before what they answer, in as many passes as it takes; what is left has lost its parent."""
    while len(spool):
        before = len(spool)
        for some in _batches(spool.take_all()):
            for early in taking.take(some):
                spool.put(early)
        if len(spool) == before:
            taking.orphans_from(spool.digests())


def _batches(found: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    batch: list[Incoming] = []
    try:
        for one in found:
            batch.append(one)
            if len(batch) == AT_ONCE:
                yield batch
                batch = []
    except Refusal:
        # The file breaks off here: what came before is kept.
        yield batch
        raise
    yield batch


class _Taking:
    def __init__(self, wiring: "Wiring", site: Site, format: str, report: Report, labels: bool) -> None:
        self._wiring = wiring
        self._site = site
        self._format = format
        self._report = report
        self._labels = labels
        self._known = Known(format)
        # What was left out, and what it answered: answers to it move up.
        self._gone: dict[str, str | None] = {}
        self._waited_for: set[str] | None = None
        self._freed = ""
        self._taken: set[str] = set()

    def tidied(self, found: Iterable[Raw | Left]) -> Iterator[Incoming]:
        now = self._wiring.clock.now_us()
        for one in found:
            done = one.reason if isinstance(one, Left) else tidy(one, self._known, self._report, now=now)
            if isinstance(done, Incoming):
                yield done
                continue
            self._report.leave(done, one.key)
            parent = self._known.digest(one.source, one.parent) if one.parent else None
            self._gone[self._known.digest(one.source, one.key)] = parent

    def orphans_from(self, waiting: list[str]) -> None:
        """From now on only these are waited for. Where that changed nothing, they answer each other in a circle, and
        the first of them is taken for the beginning."""
        if self._waited_for is not None and self._waited_for == set(waiting):
            self._freed = waiting[0]
        self._waited_for = set(waiting)

    def take(self, some: list[Incoming]) -> list[Incoming]:
        """Those whose parent has not been seen yet come back."""
        for _ in range(3):
            batch, early = self._plan(some)
            try:
                self._count(batch, self._write(batch))
            except IntegrityError:
                continue  # somebody else brings the same file in: what they were faster with is known now
            except DataError:
                break
            return early
        raise Refusal(
            f"The database does not take the comments from {some[0].raw.key[:60]} to {some[-1].raw.key[:60]}.",
            "an id stands twice in the file, or a field is longer than it can be",
        )

    def _write(self, batch: Batch) -> int:
        return self._wiring.database.write(lambda conn: store(conn, batch)) if batch.places else 0

    def _plan(self, some: list[Incoming]) -> tuple[Batch, list[Incoming]]:
        batch = Batch(self._wiring, self._site, self._format, labels=self._labels)
        there = self._there(some)
        left = some
        while True:
            early = [one for one in left if not self._place(batch, one, there)]
            if len(early) in (0, len(left)):
                return batch, early
            left = early

    def _place(self, batch: Batch, one: Incoming, there: dict[str, Place]) -> bool:
        """False where its parent has not been seen yet."""
        if one.digest in there:
            batch.already += 1
            return True
        parent = self._parent_of(one)
        if parent is not None and parent not in there and not self._is_lost(one, parent):
            return False
        place = there.get(parent) if parent is not None else None
        if parent is not None and (place is None or place.url != one.url):
            batch.lost.append(one.raw.key)
            place = None
        keep_ids = one.raw.exact is not None and one.raw.key not in self._taken
        there[one.digest] = batch.add(one, place, keep_ids=keep_ids)
        return True

    def _parent_of(self, one: Incoming) -> str | None:
        parent, seen = one.parent, 0
        while parent is not None and parent in self._gone and seen < 10_000:
            parent, seen = self._gone[parent], seen + 1
        return parent if parent != one.digest else None

    def _is_lost(self, one: Incoming, parent: str) -> bool:
        return self._waited_for is not None and (parent not in self._waited_for or one.digest == self._freed)

    def _there(self, some: list[Incoming]) -> dict[str, Place]:
        digests = {one.digest for one in some} | {p for one in some if (p := self._parent_of(one)) is not None}
        with self._wiring.database.read() as conn:
            rows = imports.known(conn, self._site.id, sorted(digests))
            there = {digest: Place(row.id, row.url, row.depth) for digest, row in rows.items()}
            there |= self._still_here(conn, some)
        return there

    def _still_here(self, conn: Connection, some: list[Incoming]) -> dict[str, Place]:
        """Comments of an export brought back to where it was made. Where an id belongs to another site of this
        database, a new one is needed."""
        ids = {id for one in some for id in (one.raw.key, one.raw.parent) if id and is_id(id)}
        if not ids:
            return {}
        rows = imports.comments_there(conn, sorted(ids))
        decided = {id: one.raw.key for one in some for id in decision_ids(one)}
        self._taken = {id for id, row in rows.items() if row.site_id != self._site.id}
        self._taken |= {decided[id] for id in imports.decisions_there(conn, sorted(decided))}
        here = {id: Place(id, row.url, row.depth) for id, row in rows.items() if row.site_id == self._site.id}
        found = {one.digest: here[one.raw.key] for one in some if one.raw.key in here}
        return found | {one.parent: here[one.raw.parent] for one in some if one.parent and one.raw.parent in here}

    def _count(self, batch: Batch, threads: int) -> None:
        report = self._report
        report.taken += len(batch.places)
        report.already += batch.already
        report.threads += threads
        report.labels += batch.labelled
        for one, _ in batch.places:
            report.states[str(one.raw.state)] += 1
            if len(report.origins) < MOST_ORIGINS:
                parts = urlsplit(one.url)
                report.origins.add(f"{parts.scheme}://{parts.netloc}")
        for key in batch.lost:
            report.change("what it answers is not there and it stands alone", key)

