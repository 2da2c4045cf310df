"""Each moderator's own desk: keys, masked words, breaks; and the filters they keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moderation.storage import preferences

if TYPE_CHECKING:
    from moderation.wiring import Wiring

KEYS: Mapping[str, str] = {
    "approve": "a", "reject": "r", "spam": "s", "skip": "x", "escalate": "e", "note": "n", "undo": "u",
    "next": "j", "back": "k", "search": "/", "peek": "p", "help": "?",
}  # fmt: skip
BREAKS_AFTER = (0, 20, 40, 80)  # harsh comments within an hour; 0: never


@dataclass(frozen=True, slots=True)
class Preferences:
    keys: Mapping[str, str] = field(default_factory=lambda: dict(KEYS))
    mask: bool = False
    break_after: int = 40


class BadKeys(ValueError):
    """`action` has a key that is no single character, or one that another action has."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


def of(wiring: "Wiring", moderator_id: str) -> Preferences:
    with wiring.database.glance() as conn:
        stored = preferences.of(conn, moderator_id)
    return _preferences(stored)


def _preferences(stored: Mapping[str, Any]) -> Preferences:
    keys = {action: str(stored.get("keys", {}).get(action, key)) for action, key in KEYS.items()}
    return Preferences(keys, bool(stored.get("mask")), int(stored.get("break_after", 40)))


def keep(wiring: "Wiring", moderator_id: str, chosen: Preferences) -> None:
    """Raises BadKeys. Digits choose reasons, so they cannot be keys."""
    seen: set[str] = set()
    for action, key in chosen.keys.items():
        if len(key) != 1 or key.isspace() or key.isdigit() or key in seen:
            raise BadKeys(action)
        seen.add(key)
    settings = {"keys": dict(chosen.keys), "mask": chosen.mask, "break_after": chosen.break_after}
    wiring.database.write(lambda conn: preferences.keep(conn, moderator_id, settings))
