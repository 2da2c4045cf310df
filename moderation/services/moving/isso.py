"""Isso: its SQLite file, as of version 0.10 to 0.14 (`threads` and `comments`; user_version 5 is the newest)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, urljoin

from moderation.domain.comment import State
from moderation.refusal import Refusal
from moderation.services.moving.incoming import Left, Raw
from moderation.services.moving.source import Source

NEWEST = 5
_STATES = {1: State.APPROVED, 2: State.PENDING, 4: State.REJECTED}
# Ids of deleted comments are given out again, so that an id alone does not name a comment: its moment does.
_ALL = """
SELECT c.id, c.created, c.parent, p.created AS parent_created, c.mode, c.text, c.author, c.email, c.website,
       t.uri, t.title, length(CAST(c.text AS BLOB)) + 100 AS size
FROM comments c LEFT JOIN threads t ON t.id = c.tid LEFT JOIN comments p ON p.id = c.parent ORDER BY c.id
"""


def read(source: Source) -> Iterator[Raw | Left]:
    if not source.base_url:
        raise Refusal("Isso keeps paths without a host.", "say which site they belong to: --base-url https://…")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(source.path))}?mode=ro", uri=True, timeout=30)) as file:
            file.row_factory = sqlite3.Row
            version = int(file.execute("PRAGMA user_version").fetchone()[0])
            if version > NEWEST:
                raise Refusal(
                    f"{source.path} is of a newer Isso (user_version {version}) than is known here ({NEWEST})."
                )
            for row in file.execute(_ALL):
                source.advance(int(row["size"] or 0))
                yield _comment(source, row)
    except sqlite3.Error as error:
        raise Refusal(
            f"{source.path} cannot be read as Isso's database: {error}",
            "give the file that `dbpath` names in Isso's settings, copied while Isso stands still",
        ) from error


def _comment(source: Source, row: sqlite3.Row) -> Raw | Left:
    key = f"{row['id']}@{row['created']}"
    parent = f"{row['parent']}@{row['parent_created']}" if row["parent_created"] is not None else None
    state = _STATES.get(row["mode"])
    if state is None:
        return Left(key, "its mode is none of 1, 2, 4", parent, source.base_url)
    try:
        at = int(float(row["created"]) * 1_000_000)
    except (TypeError, ValueError, OverflowError):
        at = None
    uri = str(row["uri"] or "")
    return Raw(
        key=key, parent=parent, url=urljoin(source.base_url, uri) if uri else "", title=str(row["title"] or ""),
        name=str(row["author"] or ""), email=str(row["email"] or ""), website=str(row["website"] or ""),
        text=str(row["text"] or ""), at=at, state=state, judged=state is not State.PENDING, source=source.base_url,
    )  # fmt: skip
