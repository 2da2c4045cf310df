"""What a worker process makes once and keeps warm between jobs."""

from functools import cache

from config.settings import load_settings
from moderation import wiring
from moderation.services.precedents import PrecedentMemory


@cache
def wired() -> wiring.Wiring:
    return wiring.build(load_settings())


@cache
def precedents() -> PrecedentMemory:
    return PrecedentMemory(wired())
