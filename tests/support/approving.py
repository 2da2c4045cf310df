"""A moderator's decision for tests that are about something else, by the service's own code."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.services.add_moderator import AlreadyThere, add_moderator
from moderation.services.review import Decide, Decided, decide
from moderation.storage import comments, moderators

if TYPE_CHECKING:
    from moderation.wiring import Wiring

EMAIL = "approver@example.org"


def approve(wiring: Wiring, comment_id: str) -> None:
    decide_on(wiring, comment_id, State.APPROVED)


def decide_on(wiring: Wiring, comment_id: str, verdict: State, reason: Reason | None = None) -> None:
    with contextlib.suppress(AlreadyThere):
        add_moderator(wiring, email=EMAIL, name="Approver")
    with wiring.database.read() as conn:
        moderator = moderators.by_email(conn, EMAIL)
        comment = comments.by_id(conn, comment_id)
    assert moderator is not None
    assert comment is not None
    done = decide(wiring, Decide(moderator.id, comment_id, comment.version, verdict, reason))
    assert isinstance(done, Decided)
