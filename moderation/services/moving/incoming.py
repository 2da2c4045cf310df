"""What the readers of foreign formats give, before it is checked and after."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.domain.comment import State

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Raw:
    """A comment as a file has it. `key` and `parent` are ids there; `user` tells people apart who left no address."""

    key: str
    parent: str | None
    url: str
    title: str
    name: str
    email: str
    website: str
    text: str
    at: int | None  # microseconds
    state: State
    user: str = ""
    thread_open: bool = True
    thread_at: int | None = None
    judged: bool = True  # the state is somebody's verdict, not a default
    source: str = ""  # where the ids belong to, for a format whose ids are not unique in the world
    exact: Mapping[str, Any] | None = None  # a line of our own export, with all its decisions


@dataclass(frozen=True, slots=True)
class Left:
    """What is left out, and why; answers to it hang on its own parent."""

    key: str
    reason: str
    parent: str | None = None
    source: str = ""


@dataclass
class Report:
    """What became of a file: counts, and a few ids as examples; never a text, never an address."""

    taken: int = 0
    already: int = 0
    threads: int = 0
    labels: int = 0
    states: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    origins: set[str] = field(default_factory=set)

    def leave(self, reason: str, key: str) -> None:
        self.left[reason] += 1
        self._remember(reason, key)

    def change(self, reason: str, key: str) -> None:
        self.changed[reason] += 1
        self._remember(reason, key)

    def _remember(self, reason: str, key: str) -> None:
        kept = self.examples.setdefault(reason, [])
        if len(kept) < EXAMPLES:
            kept.append(key[:60])
