"""A reader's comment on its way in: what was sent, what is known beforehand, and who is not let in."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.checks.context import Author, Form
from moderation.domain.comment import State
from moderation.domain.site import Site
from moderation.services.sites import of_thread
from moderation.services.submit_rows import text_digest
from moderation.storage import authors, comments, threads
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

DAY_US = 86_400_000_000
REPEAT_WINDOW_US = 7 * DAY_US


@dataclass(frozen=True, slots=True)
class SubmitComment:
    """One comment as it came in, its fields already checked for form."""

    site: Site
    thread_url: str
    thread_title: str
    name: str
    email: str
    website: str
    text: str
    parent: str | None
    network_address: str
    form: Form
    idempotency_key: str | None = None
    received_at: int | None = None
    thread_section: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    id: str
    state: State
    created_at: int
    repeated: bool = False  # the same request was answered before


class Refused(Exception):
    """The comment is not taken; `fact` says why, `field` where."""

    def __init__(self, fact: str, field: str = "") -> None:
        super().__init__(fact)
        self.fact = fact
        self.field = field


@dataclass(slots=True, eq=False)
class Arrival:
    """One comment on its way in; the records are what was known of it before it was let in."""

    command: SubmitComment
    at: int
    email_digest: str
    text_digest: int
    thread: Record | None = None
    author: Record | None = None
    parent: Record | None = None
    same_text: list[Record] = field(default_factory=list)
    outcome: Submitted | Exception | None = None

    @property
    def site(self) -> Site:
        return self.command.site


def arrival(wiring: "Wiring", command: SubmitComment) -> Arrival:
    at = command.received_at or wiring.clock.now_us()
    return Arrival(
        command, at, wiring.vault.digest(command.site.id, command.email), text_digest(command.text)
    )


def read_known(conn: Connection, one: Arrival) -> None:
    command = one.command
    one.thread = threads.find(conn, one.site.id, command.thread_url)
    one.author = authors.find(conn, one.site.id, one.email_digest)
    one.parent = comments.place_of(conn, command.parent) if command.parent else None
    one.same_text = comments.with_text_digest(conn, one.text_digest, since=one.at - REPEAT_WINDOW_US, limit=50)
    if one.thread is not None and one.thread.policy is not None:
        policy = of_thread(one.site.policy, one.thread.policy)
        one.command = replace(command, site=replace(one.site, policy=policy))


def refuse(one: Arrival) -> None:
    """Raises Refused for what the reader must know."""
    thread, author = one.thread, one.author
    if thread is not None and _is_closed(thread, one.site, one.at):
        raise Refused("thread_closed")
    if author is not None and _standing(author, one.at) in ("banned", "suspended"):
        raise Refused("author_banned")
    if one.command.parent:
        if one.parent is None or thread is None or one.parent.thread_id != thread.id:
            raise Refused("parent_elsewhere", "parent")
        if one.parent.state != State.APPROVED:
            raise Refused("parent_not_shown", "parent")
    if author is not None and thread is not None:
        for row in one.same_text:
            if row.author_id == author.id and row.thread_id == thread.id:
                raise Refused("repeated", "comment")


def _is_closed(thread: Record, site: Site, now: int) -> bool:
    days = site.policy.close_after_days
    return not thread.open or (days > 0 and thread.created_at < now - days * DAY_US)


def same_text_today(one: Arrival) -> int:
    return sum(row.site_id == one.site.id and row.created_at > one.at - DAY_US for row in one.same_text)


def history(one: Arrival) -> Author:
    """The author as the checks see them."""
    row = one.author
    if row is None:
        return Author()
    in_burst = row.burst_started_at >= one.at - authors.BURST_US
    return Author(
        standing=_standing(row, one.at), posted=row.posted, approved=row.approved, rejected=row.rejected,
        spam=row.spam, burst=row.burst if in_burst else 0,
    )  # fmt: skip


def _standing(author: Record, now: int) -> str:
    if author.standing_until is not None and author.standing_until <= now:
        return "normal"
    return str(author.standing)
