"""Delete what has served: old signatures, used links, ended sessions, processes long gone, texts once shown to us."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.services.shown_texts import KEPT_US as SHOWN_TEXTS_KEPT_US
from moderation.services.sign_in import IDLE_US
from moderation.storage import (
    heartbeats,
    leftovers,
    near_duplicates,
    passkeys,
    sentence_vectors,
    sessions,
    shown_texts,
)

if TYPE_CHECKING:
    from moderation.wiring import Wiring

HOUR_US = 3_600_000_000
SIGNATURES_KEPT_US = 7 * 24 * HOUR_US
LINKS_KEPT_US = 24 * HOUR_US
HEARTBEATS_KEPT_US = HOUR_US
# Many small transactions: nobody waits long for the writer.
IN_ONE_WRITE = 500
MOST_SIGNATURES = 100_000


def run(wiring: "Wiring") -> int:
    """How many signature rows went; call again soon if it was MOST_SIGNATURES."""
    now = wiring.clock.now_us()

    def forget_the_rest(conn: Connection) -> None:
        leftovers.forget_links(conn, expired_before=now - LINKS_KEPT_US)
        sessions.end_expired(conn, now=now, idle_since=now - IDLE_US)
        heartbeats.forget_before(conn, now - HEARTBEATS_KEPT_US)
        sentence_vectors.forget_the_gone(conn)
        passkeys.forget_answered(conn, before=now - HOUR_US)
        shown_texts.forget_before(conn, now - SHOWN_TEXTS_KEPT_US)

    wiring.database.write(forget_the_rest)
    return _forget_signatures(wiring, now - SIGNATURES_KEPT_US)


def _forget_signatures(wiring: "Wiring", before: int) -> int:
    gone = 0
    while gone < MOST_SIGNATURES:
        some = wiring.database.write(
            lambda conn: near_duplicates.forget_before(conn, before, limit=IN_ONE_WRITE)
        )
        gone += some
        if some < IN_ONE_WRITE:
            break
    return gone
