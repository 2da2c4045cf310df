"""Take a verdict that a moderator gave elsewhere: a label, with its source and the key that sent it.

Whoever holds a key could teach the model anything, so each key has a daily share and is named on every row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection

from moderation.services.api_keys import Key
from moderation.services.submit_rows import text_digest
from moderation.storage import feedback
from moderation.storage.ids import new_id
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

DAY_US = 86_400_000_000
MOST_TEXT = 20_480
Verdict = Literal["approved", "rejected", "spam"]
# What no database keeps: lone surrogates, and NUL for PostgreSQL.
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Feedback:
    source: str
    text: str
    verdict: Verdict
    attributes: Mapping[str, float] = field(default_factory=dict)


class TooMuchFeedback(Exception):
    """This key has sent its day's share."""


def take_feedback(wiring: "Wiring", key: Key, given: Feedback) -> bool:
    """Keep the verdict; False for an empty text, which teaches nothing. Raises TooMuchFeedback."""
    text = _UNSTORABLE.sub("\ufffd", given.text)[:MOST_TEXT]
    if not text.strip():
        return False
    now, digest = wiring.clock.now_us(), text_digest(text)
    most = wiring.settings.feedback_per_key
    row = {
        "id": new_id(now), "site_id": key.site_id, "key_id": key.id, "source": given.source,
        "verdict": given.verdict, "attributes": feedback.as_json(given.attributes), "text_digest": digest,
        "text": text, "created_at": now,
    }  # fmt: skip

    def work(conn: Connection) -> bool:
        is_new = not feedback.has(conn, key.id, digest)
        if is_new and feedback.count_since(conn, key.id, now - now % DAY_US) >= most:
            return False
        feedback.put(conn, row)
        return True

    if not wiring.database.write(work):
        raise TooMuchFeedback
    return True


def newest(wiring: "Wiring", limit: int) -> list[Record]:
    with wiring.database.read() as conn:
        return feedback.newest(conn, limit=limit)
