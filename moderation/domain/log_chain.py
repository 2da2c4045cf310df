"""The chain over the log: each event's hash covers the one before it, so that no event can be changed,
taken out, put in between or moved without every later hash becoming wrong.

HMAC with a key that is not in the database: who can write to the tables alone cannot make it fit again.
Crosby and Wallach, "Efficient Data Structures for Tamper-Evident Logging" (2009), section 2: hash chains.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    site_id: str | None
    actor: str
    action: str
    subject: str
    details: str
    created_at: int


def seal(key: bytes, previous: str, number: int, event: Event) -> str:
    """64 hexadecimal characters over the previous hash, the event's place and all that it says."""
    said = [
        number, event.id, event.site_id, event.actor, event.action, event.subject, event.details, event.created_at,
    ]  # fmt: skip
    message = previous + json.dumps(said, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal: who noted it elsewhere can tell later that nothing before it was changed or cut off."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def read_head(text: str) -> Head | None:
    """A head as it is printed, `number:hash`."""
    number, _, digest = text.strip().partition(":")
    if not number.isdigit() or len(digest) != 64 or any(c not in "0123456789abcdef" for c in digest):
        return None
    return Head(int(number), digest)
