"""The jobs, by the names under which the queue knows them. Each wires, calls one service, says what came of it."""

from collections.abc import Sequence

import structlog

from moderation.services import look_again as second_look
from moderation.services import shown_texts
from moderation.storage.ids import is_id
from queue_workers import process

log = structlog.get_logger(__name__)


class LookFailed(Exception):
    """Names the kind of error alone: RQ keeps and logs what a job raises, and messages may quote a comment."""


def look_again(comment_ids: Sequence[str]) -> None:
    ids = [one for one in comment_ids if isinstance(one, str) and is_id(one)]
    try:
        counts = second_look.run_in_company(process.wired(), ids, process.precedents(), process.second_look())
        counts += shown_texts.run(process.wired(), ids, process.second_look())
    except Exception as error:
        raise LookFailed(type(error).__name__) from None
    if counts:
        log.info("look_again.done", ids=len(ids), **counts)
