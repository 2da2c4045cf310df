"""A newsroom of four, and what an errand has left behind in the service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from moderation.storage import claims, comments, history
from moderation.storage.schema import audit_events
from tests.support import moderating as desk
from tests.support.moderating import Person

if TYPE_CHECKING:
    from moderation.wiring import Wiring


@dataclass(frozen=True)
class Newsroom:
    """Ines and Tom moderate, Lena leads, Ada administers."""

    wiring: Wiring
    people: dict[str, Person]

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def row(self, comment_id: str) -> Any:
        with self.wiring.database.read() as conn:
            return comments.by_id(conn, comment_id)

    def states(self, *ids: str) -> list[str]:
        return [self.row(one).state for one in ids]

    def last(self, comment_id: str) -> Any:
        """The decision that holds."""
        with self.wiring.database.read() as conn:
            return history.last(conn, comment_id)

    def claimed(self, name: str) -> list[str]:
        with self.wiring.database.read() as conn:
            return claims.of(conn, self[name].id, now=self.wiring.clock.now_us())

    def rows(self, asked: Any) -> list[Any]:
        with self.wiring.database.read() as conn:
            return list(conn.execute(asked))

    def logged(self, of: str) -> list[tuple[str, dict[str, Any]]]:
        """What the log holds of actions that begin so, oldest first: the action and its details."""
        found = select(audit_events).where(audit_events.c.action.startswith(of)).order_by(audit_events.c.id)
        return [(row.action, json.loads(row.details)) for row in self.rows(found)]


def newsroom(wiring: Wiring) -> Newsroom:
    desk.site(wiring)
    roles = {"Ada": "admin", "Ines": "moderator", "Tom": "moderator", "Lena": "lead"}
    return Newsroom(wiring, {name: desk.moderator(wiring, name, role=role) for name, role in roles.items()})
