"""How many comments of each site are in each state, exactly, at a cost that does not grow with their number.

Comments older than a horizon are counted once; what changes among them later is noted beside (`tally_changes`) in the
transaction that changes it, and added up by the clock. The younger ones, some minutes' worth, are counted when
somebody asks. So a comment that is posted pays nothing: its id is younger than any horizon.

On PostgreSQL those who note a change share a lock that the move of the horizon takes for itself: it must not happen
between the look at where the horizon is and the commit. On SQLite there is one writer.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, Connection, cast, delete, func, insert, literal, select, text, union_all

from moderation.domain.comment import State
from moderation.storage.ids import lowest_id, new_id
from moderation.storage.schema import comments, search_progress, tallies, tally_changes
from moderation.storage.upsert import insert_for

NAME = "tallies"
# Between the making of an id and its commit lies far less, and clocks of several machines differ by less.
YOUNG_US = 10 * 60_000_000
_LOCK = 7_240_001  # any number that nothing else in this database locks
_SHARE = text("SELECT pg_advisory_xact_lock_shared(:key)")
_ALONE = text("SELECT pg_advisory_xact_lock(:key)")
Counts = dict[str, Counter[str]]


def note(conn: Connection, changes: Iterable[tuple[str, str, str | None, str]], *, at: int) -> None:
    """Comments changed or came in with an old id: each its id, site, state before (None: it is new) and after."""
    old = [each for each in changes if each[2] != each[3] and each[0] < lowest_id(max(0, at - YOUNG_US // 2))]
    if not old:
        return
    if conn.dialect.name != "sqlite":
        conn.execute(_SHARE, {"key": _LOCK})
    upto, found = _upto(conn), Counter[tuple[str, str]]()
    for comment_id, site_id, before, after in old:
        if comment_id < upto:
            found[site_id, after] += 1
            if before is not None:
                found[site_id, before] -= 1
    rows = [
        {"id": new_id(at), "site_id": site_id, "state": state, "change": change}
        for (site_id, state), change in found.items()
        if change
    ]
    if rows:
        conn.execute(insert(tally_changes), rows)


def counts(conn: Connection, site_ids: Sequence[str]) -> Counts:
    """By site and state, all as of one moment."""
    while True:
        upto = _upto(conn)
        rows = conn.execute(_counted(site_ids, upto)).all()
        # The last row says where the horizon was while the others were read.
        if {row.state for row in rows if row.site_id == ""} == {upto}:
            break
    found: Counts = {site_id: Counter() for site_id in site_ids}
    for row in rows:
        if row.site_id:
            found[row.site_id][row.state] += int(row.number)
    return found


def advance(conn: Connection, *, now: int) -> int:
    """Move the horizon up to some minutes ago and add up what was noted; how many comments it passed."""
    if conn.dialect.name != "sqlite":
        conn.execute(_ALONE, {"key": _LOCK})
    before, upto = _upto(conn), lowest_id(now - YOUNG_US)
    if upto <= before:
        return 0
    passed = conn.execute(
        select(_SITE, comments.c.state, func.count())
        .where(comments.c.id >= before, comments.c.id < upto)
        .group_by(_SITE, comments.c.state)
    ).all()
    noted = conn.execute(
        delete(tally_changes).returning(tally_changes.c.site_id, tally_changes.c.state, tally_changes.c.change)
    ).all()
    sums = Counter[tuple[str, str]]()
    for site_id, state, number in (*passed, *noted):
        sums[site_id, state] += number
    _add(conn, sums)
    progress = insert_for(conn, search_progress).values(name=NAME, upto=upto)
    conn.execute(progress.on_conflict_do_update(index_elements=["name"], set_={"upto": upto}))
    return sum(row[2] for row in passed)


def forget(conn: Connection) -> None:
    """Begin anew: until the next `advance` everything is counted when asked for."""
    if conn.dialect.name != "sqlite":
        conn.execute(_ALONE, {"key": _LOCK})
    for statement in (delete(tallies), delete(tally_changes), delete(search_progress).where(_OURS)):
        conn.execute(statement)


_OURS = search_progress.c.name == NAME
# An expression, since SQLite would otherwise walk through the whole index of the queue, which begins with the site, to
# group by it, instead of through the few ids that are asked for.
_SITE = comments.c.site_id.concat("")


def _upto(conn: Connection) -> str:
    return conn.execute(select(search_progress.c.upto).where(_OURS)).scalar_one_or_none() or ""


def _counted(site_ids: Sequence[str], upto: str):  # type: ignore[no-untyped-def]
    """One statement, since on PostgreSQL each sees a moment of its own."""
    young = (
        select(_SITE.label("site_id"), comments.c.state, func.count().label("number"))
        .where(comments.c.id >= upto, _SITE.in_(site_ids))
        .group_by(_SITE, comments.c.state)
    )
    old = select(tallies.c.site_id, tallies.c.state, tallies.c.number).where(tallies.c.site_id.in_(site_ids))
    noted = select(
        tally_changes.c.site_id, tally_changes.c.state, cast(tally_changes.c.change, BigInteger)
    ).where(tally_changes.c.site_id.in_(site_ids))
    there = func.coalesce(select(search_progress.c.upto).where(_OURS).scalar_subquery(), "")
    horizon = select(literal(""), there, literal(0, BigInteger))
    return union_all(young, old, noted, horizon)


def _add(conn: Connection, sums: Counter[tuple[str, str]]) -> None:
    for (site_id, state), number in sorted(sums.items()):
        adding = insert_for(conn, tallies).values(site_id=site_id, state=State(state), number=number)
        more = {"number": tallies.c.number + adding.excluded.number}
        conn.execute(adding.on_conflict_do_update(index_elements=["site_id", "state"], set_=more))
