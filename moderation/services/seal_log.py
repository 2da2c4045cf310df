"""Chain the log's new events, a moment after they were committed; the request that wrote one pays nothing.

A transaction may commit after one that began later, so an event can appear behind the newest seal: each
pass looks a while back, and a slower one a whole day. What an event says is fixed once it is sealed.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from moderation.domain.log_chain import START, Head, read_head, seal
from moderation.storage import log_seals
from moderation.storage.ids import lowest_id

if TYPE_CHECKING:
    from moderation.wiring import Wiring

IN_ONE_WRITE = 500
MOST_IN_A_PASS = 20_000
LOOKS_BACK_US = 30_000_000
LOOKS_FAR_BACK_US = 24 * 3_600_000_000
HEAD_FILE = "log-head"

log = structlog.get_logger(__name__)


def run(wiring: "Wiring") -> int:
    """How many events were sealed."""
    return _run(wiring, LOOKS_BACK_US)


def run_far_back(wiring: "Wiring") -> int:
    """The same for what was committed long after it began; and the head goes to the process's own log."""
    done = _run(wiring, LOOKS_FAR_BACK_US)
    with wiring.database.read() as conn:
        head = log_seals.head(conn)
    if head is not None:
        log.info("log.head", number=head.number, hash=head.hash)
    return done


def _run(wiring: "Wiring", looks_back_us: int) -> int:
    total, newest = 0, None
    while total < MOST_IN_A_PASS:
        done, head = wiring.database.write(lambda conn: _seal_some(wiring, conn, looks_back_us))
        total, newest = total + done, head or newest
        if done < IN_ONE_WRITE:
            break
    if newest is not None:
        keep_head(wiring, newest)
    return total


def _seal_some(wiring: "Wiring", conn: Connection, looks_back_us: int) -> tuple[int, Head | None]:
    if not log_seals.take_turn(conn):
        return 0, None
    head = log_seals.head(conn)
    newest = log_seals.newest_event(conn)
    since = "" if newest is None else lowest_id(max(0, _made_at(newest) - looks_back_us))
    # The clocks of several machines differ a little; nothing is younger than this.
    before = lowest_id(wiring.clock.now_us() + 3_600_000_000)
    events = log_seals.unsealed(conn, since_id=since, before_id=before, limit=IN_ONE_WRITE)
    number, previous = (head.number, head.hash) if head is not None else (0, START)
    seals, key = [], wiring.vault.log_key()
    for event in events:
        number += 1
        previous = seal(key, previous, number, event)
        seals.append((number, event.id, previous))
    log_seals.add(conn, seals)
    return len(seals), Head(number, previous) if seals else None


def _made_at(event_id: str) -> int:
    """The moment in an id: its first 48 bits are milliseconds."""
    alphabet = "0123456789abcdefghijklmnopqrstuv"
    bits = 0
    for character in event_id[:10]:
        bits = bits << 5 | alphabet.index(character)
    return (bits >> 2) * 1000


def keep_head(wiring: "Wiring", head: Head) -> None:
    """Beside the database, not in it: who can cut off the end of the tables cannot cut this."""
    path = head_file(wiring)
    if not path.parent.is_dir():
        return
    draft = path.with_name(f"{HEAD_FILE}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(f"{head}\n", encoding="ascii")
    draft.replace(path)


def head_file(wiring: "Wiring") -> Path:
    return wiring.settings.data_dir / HEAD_FILE


def kept_head(wiring: "Wiring") -> Head | None:
    try:
        return read_head(head_file(wiring).read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return None
