"""What a comment is while it is being moderated: its states, its bands, and who may decide."""

from enum import StrEnum


class State(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class Band(StrEnum):
    """What one automatic look says. UNSCORED is always pending: never published, never accused."""

    AUTO_APPROVE = "auto_approve"
    REVIEW = "review"
    AUTO_REJECT = "auto_reject"
    AUTO_SPAM = "auto_spam"
    UNSCORED = "unscored"


class Look(StrEnum):
    """Who looked: the request, the worker, a moderator, a moderator taking a decision back, or whoever moderated
    where an imported comment came from."""

    FIRST = "first"
    SECOND = "second"
    MODERATOR = "moderator"
    UNDO = "undo"
    IMPORT = "import"


STATE_OF_BAND = {
    Band.AUTO_APPROVE: State.APPROVED,
    Band.REVIEW: State.PENDING,
    Band.AUTO_REJECT: State.REJECTED,
    Band.AUTO_SPAM: State.SPAM,
    Band.UNSCORED: State.PENDING,
}

DECIDED = frozenset({State.APPROVED, State.REJECTED, State.SPAM})
HUMAN_LOOKS = frozenset({Look.MODERATOR, Look.UNDO, Look.IMPORT})
