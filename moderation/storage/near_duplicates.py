"""The bands of recent comments' signatures, so that every host finds the same groups of near-copies."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select, union_all, update
from sqlalchemy.sql import ColumnElement, CompoundSelect

from moderation.storage.ids import lowest_id
from moderation.storage.rows import Record
from moderation.storage.schema import comments, near_duplicate_bands, revisions
from moderation.storage.statements import Statement
from moderation.storage.upsert import insert_for

# Of a flood of thousands any fifty will do: all of them lead to the same group.
MOST_A_BAND = 50
MOST_COUNTED = 1000


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of site_id, band, comment_id and the comment's created_at; known ones are left alone."""
    if rows:
        conn.execute(insert_for(conn, near_duplicate_bands).on_conflict_do_nothing(), rows)


def unsigned(conn: Connection, *, since: int, limit: int) -> list[Record]:
    """Comments that came in since and have no bands, newest first."""
    band = near_duplicate_bands.c
    signed = exists().where(band.created_at == comments.c.created_at, band.comment_id == comments.c.id)
    return list(
        conn.execute(
            select(comments.c.id, comments.c.site_id, comments.c.created_at, revisions.c.text)
            .join(
                revisions,
                (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision),
            )
            .where(comments.c.id >= lowest_id(since), ~signed)
            .order_by(comments.c.id.desc())
            .limit(limit)
        )
    )


def signed_until(conn: Connection) -> int | None:
    """When the newest comment that has bands came in."""
    return conn.execute(select(func.max(near_duplicate_bands.c.created_at))).scalar()


def candidates(conn: Connection, *, site_id: str, bands: Sequence[int], without: str, limit: int) -> list[Record]:
    """Comments of the site that share bands with these, those that share most first, with their flood_id."""
    places = {f"band_{number}": band for number, band in enumerate(bands)}
    asked = {"site_id": site_id, "without": without, "most": limit, **places}
    return _candidates(len(bands)).all(conn, asked)


@cache
def _candidates(bands: int) -> Statement:
    found = _in_any_band(bands).subquery()
    shared: ColumnElement[int] = func.count()
    return Statement(
        select(comments.c.id, comments.c.flood_id)
        .join(found, found.c.comment_id == comments.c.id)
        .group_by(comments.c.id, comments.c.flood_id)
        .order_by(shared.desc(), comments.c.id)
        .limit(bindparam("most"))
    )


def _in_any_band(bands: int) -> CompoundSelect[Any]:
    band = near_duplicate_bands.c
    each = (
        select(band.comment_id)
        .where(
            band.site_id == bindparam("site_id"),
            band.band == bindparam(f"band_{number}"),
            band.comment_id != bindparam("without"),
        )
        .order_by(band.comment_id.desc())
        .limit(MOST_A_BAND)
        .subquery()
        for number in range(bands)
    )
    return union_all(*(select(one.c.comment_id) for one in each))


def flood_size(conn: Connection, flood_id: str) -> int:
    """How many comments are in the group, up to MOST_COUNTED."""
    some = select(comments.c.id).where(comments.c.flood_id == flood_id).limit(MOST_COUNTED).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()


def join_flood(conn: Connection, comment_ids: Iterable[str], flood_id: str) -> None:
    for comment_id in sorted(comment_ids):
        conn.execute(
            update(comments)
            .where(comments.c.id == bindparam("on_id"), comments.c.flood_id.is_(None))
            .values(flood_id=bindparam("flood")),
            {"on_id": comment_id, "flood": flood_id},
        )


def forget_before(conn: Connection, created_at: int, *, limit: int) -> int:
    """Delete up to `limit` rows of older comments; how many went."""
    band = near_duplicate_bands.c
    old = (
        select(band.site_id, band.band, band.comment_id)
        .where(band.created_at < created_at)
        .order_by(band.created_at)
        .limit(limit)
    )
    rows = conn.execute(old).all()
    if rows:
        one = delete(near_duplicate_bands).where(
            band.site_id == bindparam("s"), band.band == bindparam("b"), band.comment_id == bindparam("c")
        )
        conn.execute(one, [{"s": row.site_id, "b": row.band, "c": row.comment_id} for row in rows])
    return len(rows)
