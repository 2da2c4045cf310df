"""What every foreign protocol needs of us before it is spoken: a key that works, and not too often."""

import json
import time
from typing import Any, NoReturn

from flask import request

from moderation.services.api_keys import Key, Keys
from moderation.services.api_keys_usage import Usage
from moderation.web import limits
from moderation.web.limits import Throttle
from moderation.wiring import Wiring

# Guessing a key of 48 bits at this rate takes longer than anybody lives.
WRONG_KEYS = "60/minute"


class Door:
    """Shared by the protocols of one application."""

    def __init__(self, wiring: Wiring, throttle: Throttle) -> None:
        self.wiring = wiring
        self.throttle = throttle
        self.keys = Keys(wiring.database, wiring.vault)
        self.usage = Usage(wiring)
        self._prepaid: dict[str, tuple[int, float, int]] = {}

    def admit(self, key: str) -> Key | None:
        """The key's record, or None for one that does not work. Raises TooManyRequests for either."""
        return self._admit(self.keys.find(key))

    def admit_by_id(self, id: str) -> Key | None:
        return self._admit(self.keys.by_id(id))

    def _admit(self, found: Key | None) -> Key | None:
        if found is None:
            self.throttle.take(WRONG_KEYS, scope="wrong keys", key=limits.client_key(self.wiring))
            return None
        self._spend(found.id)
        return found

    def _spend(self, key_id: str) -> None:
        """One call of the key's allowance.

        A busy key's is fetched from Redis in blocks, each twice the last while they are used up within a second, to a
        twentieth of the limit at most: a journey to Redis for each call would cost more than the score. A quiet
        key's calls are counted one by one.
        """
        now = time.monotonic()
        left, until, size = self._prepaid.get(key_id, (0, 0.0, 0))
        if left <= 0 or now > until:
            limit = self.wiring.settings.rate_limit_keys
            most = max(1, self.throttle.smallest(limit) // 20)
            left = size = min(2 * size, most) if left <= 0 and size > 0 and now <= until else 1
            self.throttle.take(limit, scope="keys", key=key_id, cost=size)
            until = now + 1
        # Two threads may spend the same call: a limit of so many a second is not exact to one.
        self._prepaid[key_id] = (left - 1, until, size)


class NotJson(ValueError):
    """The body is not JSON; says so in a sentence."""


def read_json(body: bytes) -> Any:
    """Strict JSON in UTF-8, whatever the Content-Type says: clients send odd ones."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise NotJson("The body is not UTF-8.") from None
    except RecursionError:
        raise NotJson("The body is nested too deeply.") from None
    except ValueError as error:
        message = getattr(error, "msg", "a number or constant that JSON does not have")
        raise NotJson(f"{message[:1].upper()}{message[1:]}.") from None


def bearer() -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def allow_bytes(most: int) -> None:
    """This protocol's bodies may be larger than a comment; before the body is read."""
    request.max_content_length = most
    request.max_form_memory_size = most
    request.max_form_parts = 2_000


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
