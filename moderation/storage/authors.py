"""Who wrote: known by a keyed hash of the address; the address itself is sealed."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, bindparam, case, select, update

from moderation.domain.comment import DECIDED, State
from moderation.storage.rows import Record
from moderation.storage.schema import authors
from moderation.storage.statements import Statement
from moderation.storage.upsert import insert_into

BURST_US = 600_000_000


_FIND = Statement(
    select(authors).where(
        authors.c.site_id == bindparam("site_id"), authors.c.email_digest == bindparam("email_digest")
    )
)


def find(conn: Connection, site_id: str, email_digest: str) -> Record | None:
    return _FIND.one_or_none(conn, {"site_id": site_id, "email_digest": email_digest})


def posted(
    conn: Connection, *, id: str, site_id: str, email_digest: str, email_sealed: str, state: State, at: int
) -> str:
    """Count one more comment, now in this state, of an author who may be new; the author's id."""
    row = {
        "id": id, "site_id": site_id, "email_digest": email_digest, "email_sealed": email_sealed,
        "standing": "normal", "posted": 1, "burst_started_at": at, "burst": 1, "created_at": at,
        **_one_more(state, at),
    }  # fmt: skip
    return str(_POSTED.scalar(conn, row | {column: row[f"more_{column}"] for column in _TALLIES}))


def posted_again(conn: Connection, posts: Iterable[tuple[str, State, int]]) -> None:
    """Count one more comment for each author id, with the comment's state and time; the authors are there already."""
    # Sorted, so that two transactions that count the same authors wait for each other and do not lock up.
    rows = [{"author_id": author_id, **_one_more(state, at)} for author_id, state, at in sorted(posts)]
    _POSTED_AGAIN.run_many(conn, rows)


_TALLIES = tuple(state.value for state in sorted(DECIDED))


def _one_more(state: State, at: int) -> dict[str, Any]:
    tallies = {f"more_{column}": int(column == state.value) for column in _TALLIES}
    return {"at": at, "burst_since": at - BURST_US, **tallies}


def _changes() -> dict[str, Any]:
    fresh = authors.c.burst_started_at < bindparam("burst_since", type_=BigInteger)
    return {
        "posted": authors.c.posted + 1,
        "burst": case((fresh, 1), else_=authors.c.burst + 1),
        "burst_started_at": case((fresh, bindparam("at", type_=BigInteger)), else_=authors.c.burst_started_at),
        **{column: authors.c[column] + bindparam(f"more_{column}", type_=Integer) for column in _TALLIES},
    }


def _posted(dialect: str) -> Any:
    return (
        insert_into(dialect, authors)
        .values({column.name: bindparam(column.name) for column in authors.c if column.name != "standing_until"})
        .on_conflict_do_update(index_elements=["site_id", "email_digest"], set_=_changes())
        .returning(authors.c.id)
    )


_POSTED = Statement(_posted)
_POSTED_AGAIN = Statement(update(authors).where(authors.c.id == bindparam("author_id")).values(_changes()))


def count(conn: Connection, author_id: str, before: State | None, after: State) -> None:
    """Move an author's tally from one decided state to another."""
    before, after_ = (state if state in DECIDED else None for state in (before, after))
    if before is not after_:
        _counted(before, after_).run(conn, {"author_id": author_id})


@cache
def _counted(before: State | None, after: State | None) -> Statement:
    changes: dict[str, Any] = {}
    if before is not None:
        changes[before.value] = authors.c[before.value] - 1
    if after is not None:
        changes[after.value] = authors.c[after.value] + 1
    return Statement(update(authors).where(authors.c.id == bindparam("author_id")).values(changes))


def sealed_after(conn: Connection, author_id: str, *, limit: int) -> list[Record]:
    """Sealed addresses in the order of ids, for a walk through all of them."""
    return list(
        conn.execute(
            select(authors.c.id, authors.c.email_sealed)
            .where(authors.c.id > author_id)
            .order_by(authors.c.id)
            .limit(limit)
        )
    )


def reseal(conn: Connection, author_id: str, *, old: str, new: str) -> None:
    """Replace a sealed address, unless it changed since it was read."""
    conn.execute(
        update(authors).where(authors.c.id == author_id, authors.c.email_sealed == old).values(email_sealed=new)
    )
