"""Read the log's chain from its start and say where it does not fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.domain.log_chain import START, Event, Head, seal
from moderation.services.seal_log import kept_head
from moderation.storage import log_seals
from moderation.storage.ids import lowest_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring

AT_ONCE = 5_000
MOST_FAULTS = 20
# What is younger may not have been sealed yet.
SEALED_WITHIN_US = 120_000_000


@dataclass(frozen=True, slots=True)
class Verified:
    events: int
    head: Head | None
    faults: list[str] = field(default_factory=list)


def verify(wiring: "Wiring", heads: Sequence[Head] = ()) -> Verified:
    """`heads` were noted earlier: the log must still contain each. Stops looking after MOST_FAULTS."""
    noted = [*heads, *_kept(wiring)]  # before the tables: what was noted is in them
    with wiring.database.read() as conn:
        return check(conn, wiring.vault.log_key(), noted, now=wiring.clock.now_us())


def check(conn: Connection, key: bytes, noted: Sequence[Head], *, now: int) -> Verified:
    faults: list[str] = []
    wanted = {head.number: head for head in noted}
    checked, head = 0, Head(0, START)
    newest = ""
    while links := log_seals.chain(conn, after=head.number, limit=AT_ONCE):
        for number, event_id, digest, event in links:
            faults += _faults(key, head, number, event_id, digest, event)
            once = wanted.pop(number, None)
            if once is not None and once.hash != digest:
                faults.append(f"event {number} is not the one that was noted: the log was written anew")
            head, checked, newest = Head(number, digest), checked + 1, max(newest, event_id)
        if len(faults) >= MOST_FAULTS:
            return Verified(checked, head, faults[:MOST_FAULTS])
    unsealed = log_seals.left_over(conn, before_id=lowest_id(now - SEALED_WITHIN_US), limit=MOST_FAULTS)
    for number in sorted(wanted):
        faults.append(f"event {number} was noted once, and the log ends at {head.number}: its end was cut off")
    for event_id in unsealed:
        late = "it was put in later, or its seal was taken out"
        faults.append(f"event {event_id} has no seal: {'does the clock run?' if event_id > newest else late}")
    return Verified(checked, head if checked else None, faults[:MOST_FAULTS])


def _kept(wiring: "Wiring") -> Iterator[Head]:
    head = kept_head(wiring)
    if head is not None:
        yield head


def _faults(
    key: bytes, previous: Head, number: int, event_id: str, digest: str, event: Event | None
) -> list[str]:
    faults = []
    if number != previous.number + 1:
        faults.append(f"events {previous.number + 1} to {number - 1} are missing")
    if event is None:
        faults.append(f"event {number} ({event_id}) was deleted")
    elif seal(key, previous.hash, number, event) != digest:
        faults.append(f"event {number} ({event_id}) or its seal was changed")
    return faults
