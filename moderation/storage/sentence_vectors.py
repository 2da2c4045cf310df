"""What the encoder made of a comment's words: numbers of two bytes each, so that no process has to read them twice."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from moderation.storage.schema import comments, sentence_vectors
from moderation.storage.upsert import insert_for

Vector = NDArray[np.float32]
GONE = ("erased", "withdrawn")


def keep(conn: Connection, vectors: Mapping[tuple[str, int], Vector], *, encoder: str) -> None:
    """By comment and revision; the newest revision's replaces what was kept of an older one."""
    if not vectors:
        return
    rows = [
        {
            "comment_id": comment_id, "revision": revision, "encoder": encoder,
            "vector": vector.astype(np.float16).tobytes(),
        }
        for (comment_id, revision), vector in sorted(vectors.items(), key=lambda item: item[0])
    ]  # fmt: skip
    upsert = insert_for(conn, sentence_vectors)
    new = {name: upsert.excluded[name] for name in ("revision", "encoder", "vector")}
    conn.execute(upsert.on_conflict_do_update(index_elements=["comment_id"], set_=new), rows)


def of(conn: Connection, revisions: Iterable[tuple[str, int]], *, encoder: str) -> dict[str, Vector]:
    """By comment id, where there is one of just this revision by just this encoder."""
    wanted = dict(revisions)
    table = sentence_vectors.c
    rows = conn.execute(
        select(table.comment_id, table.revision, table.vector).where(
            table.comment_id.in_(sorted(wanted)), table.encoder == encoder
        )
    )
    return {
        row.comment_id: np.frombuffer(row.vector, dtype=np.float16).astype(np.float32)
        for row in rows
        if row.revision == wanted[row.comment_id]
    }


def forget(conn: Connection, comment_ids: Sequence[str]) -> int:
    return conn.execute(delete(sentence_vectors).where(sentence_vectors.c.comment_id.in_(comment_ids))).rowcount


def forget_the_gone(conn: Connection) -> int:
    """Of comments whose words are no longer kept."""
    gone = select(comments.c.id).where(comments.c.state.in_(GONE))
    return conn.execute(delete(sentence_vectors).where(sentence_vectors.c.comment_id.in_(gone))).rowcount
