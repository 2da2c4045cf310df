"""What a comment's author is told of its state: on arrival, in one line, and on its private page."""

from flask_babel import gettext as _

from moderation.domain.comment import State


def on_arrival(state: State) -> str:
    """Nothing is refused by a person at once, so a refusal says what it may have been taken for."""
    match state:
        case State.SPAM:
            return _("This was filed as spam and is not shown. If that is wrong, a moderator can undo it.")
        case State.REJECTED:
            return _("This was not published: it looks like something the moderators here would refuse.")
    return in_a_line(state)


def in_a_line(state: State) -> str:
    match state:
        case State.APPROVED:
            return _("Published")
        case State.PENDING:
            return _("Waiting for a moderator. Only you can see it.")
        case State.REJECTED:
            return _("Not published")
        case State.SPAM:
            return _("Filed as spam, and not shown")
    return _("Withdrawn")


def heading(state: State) -> str:
    match state:
        case State.APPROVED:
            return _("Your comment is published")
        case State.PENDING:
            return _("Your comment is waiting for a moderator")
        case State.WITHDRAWN:
            return _("You withdrew this comment")
    return _("Your comment was not published")


def sentences(state: State, reason: str | None) -> list[str]:
    """What follows from it, with the reason where there is one."""
    match state:
        case State.APPROVED:
            told = [_("Everybody can read it under the article.")]
        case State.PENDING:
            told = [reason or "", _("Until then, only you can see it. There is nothing you need to do.")]
        case State.SPAM:
            told = [_("It was filed as spam, so nobody else can see it."), reason or ""]
        case State.REJECTED:
            told = [reason or "", _("Nobody else can see it.")]
        case _:
            told = [_("Nobody else can see it.")]
    return [text for text in told if text]
