"""How often one network address may ask; counted in Redis, and by each process alone while Redis is away.

The address is hashed before it becomes a key: Redis holds no addresses.
"""

import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from flask import request
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import RedisError
from werkzeug.exceptions import TooManyRequests

from moderation.storage.together import Piece, Together
from moderation.wiring import REDIS_TIMEOUT_S, Wiring

AWAY_S = 5.0
MOST_TOGETHER = 64
log = structlog.get_logger(__name__)


class Hit(NamedTuple):
    item: RateLimitItem
    scope: str
    key: str
    cost: int


class SharedCounts(RedisStorage):
    def acquire_all(self, hits: Sequence[Hit]) -> list[bool]:
        """One answer a hit, for one turn to Redis."""
        script = self.lua_acquire_sliding_window
        client: Any = self.get_connection()
        with client.pipeline(transaction=False) as pipe:
            for item, scope, key, cost in hits:
                name = item.key_for(scope, key)
                before, now = self._previous_window_key(name), self._current_window_key(name)
                pipe.evalsha(
                    script.sha, 2, self.prefixed_key(before), self.prefixed_key(now), item.amount,
                    item.get_expiry(), cost,
                )  # fmt: skip
            return [bool(answer) for answer in pipe.execute()]


class Throttle:
    """Takes one from every limit that is named, or says when to come back."""

    def __init__(self, redis_address: str, prefix: str) -> None:
        self._counts = SharedCounts(
            redis_address.replace("unix://", "redis+unix://", 1),
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            key_prefix=f"{prefix}-limits",
        )
        self._shared = SlidingWindowCounterRateLimiter(self._counts)
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._away_until = 0.0
        self._hits: Together[Hit, bool] = Together(MOST_TOGETHER)
        self._parsed: dict[str, list[RateLimitItem]] = {}

    def take(self, limit: str, *, scope: str, key: str, cost: int = 1) -> None:
        """`limit` as in "10/minute;100/hour". Raises TooManyRequests with the seconds to wait."""
        for item in self._items(limit):
            hit = Hit(item, scope, key, cost)
            # A block for many calls is fetched at once, so that the next of them finds it.
            taken = self._hits.ask(hit, self._take_all) if cost == 1 else self._answers([hit])[0]
            if not taken:
                raise TooManyRequests(retry_after=self._seconds_to_wait(item, scope, key))

    def smallest(self, limit: str) -> int:
        """The smallest of the amounts that a limit names."""
        return min(item.amount for item in self._items(limit))

    def _items(self, limit: str) -> list[RateLimitItem]:
        items = self._parsed.get(limit)
        if items is None:
            items = self._parsed[limit] = parse_many(limit)
        return items

    def _take_all(self, pieces: Sequence[Piece[Hit, bool]]) -> None:
        hits = [piece.item for piece in pieces]
        for piece, answer in zip(pieces, self._answers(hits), strict=True):
            piece.result = answer

    def _answers(self, hits: Sequence[Hit]) -> list[bool]:
        if len(hits) > 1 and time.monotonic() >= self._away_until:
            try:
                return self._counts.acquire_all(hits)
            except (RedisError, StorageError):
                pass  # asked one by one it loads its script again, or says that it is away
        return [
            bool(self._ask(lambda limiter, hit=hit: limiter.hit(hit.item, hit.scope, hit.key, cost=hit.cost)))
            for hit in hits
        ]

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
