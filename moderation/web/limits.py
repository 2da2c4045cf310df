"""How often one network address may ask; counted in Redis, and by each process alone while Redis is away.

The address is hashed before it becomes a key: Redis holds no addresses.
"""

import math
import time
from typing import Any

import structlog
from flask import request
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import RedisError
from werkzeug.exceptions import TooManyRequests

from moderation.wiring import REDIS_TIMEOUT_S, Wiring

AWAY_S = 5.0
log = structlog.get_logger(__name__)


class Throttle:
    """Takes one from every limit that is named, or says when to come back."""

    def __init__(self, redis_address: str, prefix: str) -> None:
        storage = storage_from_string(
            redis_address.replace("unix://", "redis+unix://", 1),
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            key_prefix=f"{prefix}-limits",
        )
        self._shared = SlidingWindowCounterRateLimiter(storage)
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._away_until = 0.0
        self._parsed: dict[str, list[RateLimitItem]] = {}

    def take(self, limit: str, *, scope: str, key: str, cost: int = 1) -> None:
        """`limit` as in "10/minute;100/hour". Raises TooManyRequests with the seconds to wait."""
        for item in self._items(limit):
            if not self._hit(item, scope, key, cost):
                raise TooManyRequests(retry_after=self._seconds_to_wait(item, scope, key))

    def smallest(self, limit: str) -> int:
        """The smallest of the amounts that a limit names."""
        return min(item.amount for item in self._items(limit))

    def _items(self, limit: str) -> list[RateLimitItem]:
        items = self._parsed.get(limit)
        if items is None:
            items = self._parsed[limit] = parse_many(limit)
        return items

    def _hit(self, item: RateLimitItem, scope: str, key: str, cost: int) -> bool:
        return bool(self._ask(lambda limiter: limiter.hit(item, scope, key, cost=cost)))

    def _seconds_to_wait(self, item: RateLimitItem, scope: str, key: str) -> int:
        opens = self._ask(lambda limiter: limiter.get_window_stats(item, scope, key)).reset_time
        return max(1, math.ceil(opens - time.time()))

    def _ask(self, question: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return question(self._shared)
            except (RedisError, StorageError) as error:
                self._away_until = time.monotonic() + AWAY_S
                log.warning("limits.away", error=type(error).__name__)
        return question(self._alone)


def make_throttle(wiring: Wiring) -> Throttle:
    return Throttle(wiring.settings.redis_address, wiring.settings.redis_key_prefix)


def client_key(wiring: Wiring) -> str:
    return wiring.vault.address_digest(client_address(), wiring.clock.now_us())


def client_address() -> str:
    """As far as the trusted proxies vouch for it (ProxyFix, in app.py)."""
    return request.remote_addr or "unknown"
