"""A comment's standing in the words of its private page."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from moderation.domain.comment import State
from moderation.web.public.thread_view import moment


def status_words(document: dict[str, Any], now_us: int) -> dict[str, Any]:
    state = State(document["state"])
    comment = document["comment"]
    at_us = int(datetime.fromisoformat(comment["created_at"]).timestamp() * 1_000_000)
    return {
        "state": state.value,
        "heading": _heading(state),
        "sentences": _sentences(state, document["reason"]),
        "from_the_team": document["from_the_team"],
        "appeal": document["appeal"],
        "thread_title": document["thread_title"],
        "comment": {**comment, **moment(at_us, now_us)},
        "article_url": document["thread_url"],
        "comment_url": f"{document['thread_url']}#comment-{document['id']}" if state is State.APPROVED else None,
    }


def _heading(state: State) -> str:
    match state:
        case State.APPROVED:
            return _("Your comment is published")
        case State.PENDING:
            return _("Your comment is waiting for a moderator")
        case State.WITHDRAWN:
            return _("You withdrew this comment")
    return _("Your comment was not published")


def _sentences(state: State, reason: str | None) -> list[str]:
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
