"""A comment's standing in the words of its private page."""

from datetime import datetime
from typing import Any

from moderation.domain.comment import State
from moderation.web.public.state_words import heading, sentences
from moderation.web.public.thread_view import moment


def status_words(document: dict[str, Any], now_us: int) -> dict[str, Any]:
    state = State(document["state"])
    comment = document["comment"]
    at_us = int(datetime.fromisoformat(comment["created_at"]).timestamp() * 1_000_000)
    return {
        "state": state.value,
        "heading": heading(state),
        "sentences": sentences(state, document["reason"]),
        "from_the_team": document["from_the_team"],
        "appeal": document["appeal"],
        "thread_title": document["thread_title"],
        "comment": {**comment, **moment(at_us, now_us)},
        "article_url": document["thread_url"],
        "comment_url": f"{document['thread_url']}#comment-{document['id']}" if state is State.APPROVED else None,
    }
