"""Full-text search over names and texts: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Nothing here runs in a request that posts a comment: the clock adds what came in since (services/search.py),
and triggers of the migration take away what is deleted or changed.
"""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import BindParameter, Connection, bindparam, select, text

from moderation.storage.ids import lowest_id
from moderation.storage.rows import Record
from moderation.storage.schema import comments, revisions, search_progress
from moderation.storage.upsert import insert_for

NAME = "words"
_WORD = re.compile(r"\w+", re.UNICODE)
MOST_WORDS = 12

_NOT_ENTERED = text("NOT EXISTS (SELECT 1 FROM search_entries e WHERE e.comment_id = comments.id)")
_ADD_ENTRY = text(
    "INSERT INTO search_entries (comment_id, revision, language) VALUES (:id, :revision, :language) RETURNING number"
)
_IS_THERE = text("SELECT 1 FROM search_entries WHERE comment_id = :id")
_ADD_WORDS = text("INSERT INTO search_words (rowid, name, body) VALUES (:number, :name, :body)")
_ADD_VECTOR = text(
    "INSERT INTO search_entries (comment_id, revision, language, words) VALUES (:id, :revision, :language, "
    "setweight(to_tsvector('simple', :name), 'A') || to_tsvector('simple', :body)) ON CONFLICT DO NOTHING"
)
_NOT_TOLD = text(
    "SELECT e.comment_id AS id, e.revision, r.text FROM search_entries e "
    "JOIN revisions r ON r.comment_id = e.comment_id AND r.revision = e.revision "
    "WHERE e.language IS NULL ORDER BY e.comment_id DESC LIMIT :most"
)
_TELL = text("UPDATE search_entries SET language = :language WHERE comment_id = :id AND revision = :revision")
_SITES: BindParameter[list[str]] = bindparam("sites", expanding=True)
_FIND_SQLITE = text(
    "SELECT e.comment_id FROM search_words JOIN search_entries e ON e.number = search_words.rowid "
    "JOIN comments c ON c.id = e.comment_id "
    "WHERE search_words MATCH :query AND c.site_id IN :sites ORDER BY search_words.rowid DESC LIMIT :most"
).bindparams(_SITES)
_FIND_POSTGRESQL = text(
    "SELECT e.comment_id FROM search_entries e JOIN comments c ON c.id = e.comment_id "
    "WHERE e.words @@ to_tsquery('simple', :query) AND c.site_id IN :sites ORDER BY e.comment_id DESC LIMIT :most"
).bindparams(_SITES)


def upto(conn: Connection) -> str:
    """The newest comment that was looked at; empty before the first."""
    found = select(search_progress.c.upto).where(search_progress.c.name == NAME)
    return conn.execute(found).scalar_one_or_none() or ""


def missing(conn: Connection, *, after: str, limit: int) -> list[Record]:
    """Comments after this id that are not in the index, oldest first."""
    return list(
        conn.execute(
            select(comments.c.id, comments.c.revision, revisions.c.name, revisions.c.text)
            .join(
                revisions,
                (revisions.c.comment_id == comments.c.id) & (revisions.c.revision == comments.c.revision),
            )
            .where(comments.c.id > after, _NOT_ENTERED)
            .order_by(comments.c.id)
            .limit(limit)
        )
    )


def add(conn: Connection, rows: Sequence[Record], languages: Mapping[str, str | None]) -> None:
    """Rows of id, revision, name and text; one that is in the index already is left alone. Languages by id: empty if
    a text is in none, None or missing if that is still to be found out."""
    given = [
        {"id": row.id, "revision": row.revision, "name": row.name, "body": row.text.replace("\0", " "),
         "language": languages.get(row.id)}
        for row in rows
    ]  # fmt: skip
    if conn.dialect.name != "sqlite":
        if given:
            conn.execute(_ADD_VECTOR, given)
        return
    for each in given:
        if conn.execute(_IS_THERE, {"id": each["id"]}).one_or_none() is None:
            number = conn.execute(_ADD_ENTRY, each).scalar_one()
            conn.execute(_ADD_WORDS, {"number": number, "name": each["name"], "body": each["body"]})


def not_told(conn: Connection, *, limit: int) -> list[Record]:
    """Of these it is not known in which language they are: id, revision, text."""
    return list(conn.execute(_NOT_TOLD, {"most": limit}))


def tell(conn: Connection, rows: Sequence[Record], languages: Mapping[str, str | None]) -> None:
    conn.execute(
        _TELL, [{"id": row.id, "revision": row.revision, "language": languages.get(row.id) or ""} for row in rows]
    )


def advance(conn: Connection, comment_id: str) -> None:
    statement = insert_for(conn, search_progress).values(name=NAME, upto=comment_id)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"upto": comment_id}))


def ids_with(conn: Connection, asked: str, site_ids: Sequence[str], *, limit: int) -> list[str]:
    """Comments of these sites that hold all of these words, the last one perhaps unfinished; newest first."""
    words = _WORD.findall(asked)[:MOST_WORDS]
    if not words:
        return []
    if conn.dialect.name == "sqlite":
        query = " ".join(f'"{word}"' for word in words[:-1]) + f' "{words[-1]}"*'
        found = conn.execute(_FIND_SQLITE, {"query": query, "most": limit, "sites": list(site_ids)})
    else:
        query = " & ".join([*words[:-1], f"{words[-1]}:*"])
        found = conn.execute(_FIND_POSTGRESQL, {"query": query, "most": limit, "sites": list(site_ids)})
    return list(found.scalars())


def since_overlap(newest: str, overlap_us: int, newest_at: int) -> str:
    """From where to look again: comments become visible in another order than their ids."""
    return lowest_id(max(0, newest_at - overlap_us)) if newest else ""
