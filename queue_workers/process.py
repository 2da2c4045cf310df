"""What a worker process makes once and keeps warm between jobs."""

from functools import cache

from config.settings import load_settings
from moderation import wiring
from moderation.checks.second_look import SecondScorer
from moderation.services.precedents import PrecedentMemory


@cache
def wired() -> wiring.Wiring:
    return wiring.build(load_settings())


@cache
def second_look() -> SecondScorer:
    return SecondScorer(wired().settings.model_dir, wired().scorer)


@cache
def precedents() -> PrecedentMemory:
    return PrecedentMemory(wired(), second_look())
