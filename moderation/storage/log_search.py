"""Reading the log: by who, what, on what and when, newest first, of the sites that the reader leads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, or_, select, text

from moderation.storage.rows import Record
from moderation.storage.schema import audit_events, audit_seals, moderators, sites

AUTOMATIC = ("comment.first", "comment.second")
# Literal, as in the indexes' own condition: a bound parameter would not match a partial index.
_BY_PEOPLE = text("audit_events.action NOT IN ('comment.first', 'comment.second')")
EXPORTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """`sites` None: all of them, and what belongs to none (sign-ins, people)."""

    sites: Sequence[str] | None
    actor: str = ""
    action: str = ""  # an action, or the beginning of several: "comment."
    subject: str = ""
    since_id: str = ""
    before_id: str = ""
    automatic: bool = False


def newest(conn: Connection, asked: Asked, *, limit: int, before: str = "") -> list[Record]:
    found = _found(asked)
    if before:
        found = found.where(audit_events.c.id < before)
    return list(conn.execute(found.limit(limit)))


def everything(conn: Connection, asked: Asked, *, most: int) -> Iterator[Record]:
    """A page at a time, so that an export of any length takes little memory."""
    before, left = "", most
    while left > 0:
        rows = newest(conn, asked, limit=min(EXPORTED_AT_ONCE, left), before=before)
        yield from rows
        if len(rows) < EXPORTED_AT_ONCE:
            return
        before, left = rows[-1].id, left - len(rows)


def _found(asked: Asked) -> Select[Any]:
    found = (
        select(
            audit_events, audit_seals.c.number, audit_seals.c.hash, moderators.c.name.label("actor_name"),
            sites.c.name.label("site_name"), sites.c.key.label("site_key"),
        )
        .outerjoin(audit_seals, audit_seals.c.event_id == audit_events.c.id)
        .outerjoin(moderators, audit_events.c.actor == "moderator:" + moderators.c.id)
        .outerjoin(sites, sites.c.id == audit_events.c.site_id)
    )  # fmt: skip
    if asked.subject:
        # Few rows, found by the index of subjects; in the order of ids the whole log would be read for it.
        found = found.order_by(audit_events.c.created_at.desc(), audit_events.c.id.desc())
    else:
        found = found.order_by(audit_events.c.id.desc())
    if asked.sites is not None:
        found = found.where(audit_events.c.site_id.in_(asked.sites))
    if asked.actor:
        found = found.where(audit_events.c.actor == asked.actor)
    if asked.subject:
        found = found.where(audit_events.c.subject.in_(_subjects(asked.subject)))
    elif not asked.automatic:
        found = found.where(_BY_PEOPLE)
    if asked.action:
        ends = asked.action + "\U0010ffff"
        same = audit_events.c.action == asked.action
        begins = (audit_events.c.action >= asked.action) & (audit_events.c.action < ends)
        found = found.where(or_(same, begins) if asked.action.endswith(".") else same)
    if asked.since_id:
        found = found.where(audit_events.c.id >= asked.since_id)
    if asked.before_id:
        found = found.where(audit_events.c.id < asked.before_id)
    return found


def _subjects(subject: str) -> list[str]:
    """An id alone may be of anything."""
    kinds = ("comment", "moderator", "site", "author", "thread")
    return [subject] if ":" in subject else [f"{kind}:{subject}" for kind in kinds]


def actors(conn: Connection, site_ids: Sequence[str] | None) -> list[Record]:
    """Whom the log may name, for the list to choose from."""
    return list(conn.execute(select(moderators.c.id, moderators.c.name).order_by(moderators.c.name)))
