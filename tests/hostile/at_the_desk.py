"""Every page of the desk on which a reader's words stand, or on which it says again what was typed."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from markupsafe import escape
from sqlalchemy import Connection, Table, insert, select, update

from moderation.domain.concern import Concern
from moderation.storage.database import Database, open_database
from moderation.storage.ids import new_id
from moderation.storage.schema import api_keys, comments, concerns, feedback, moderators, notes, sites
from tests.support import settings
from tests.support.desk import Moderator

MOST_TEXT = 2_000
VERDICTS_ON_A_PAGE = 50
POLICY = {
    "site": settings.SITE, "mode": "review_all", "links_held_above": "2", "links_spam_above": "9",
    "close_after_days": "0", "oldest_target_minutes": "240", "max_wrong_approvals": "1", "max_wrong_rejections": "5",
    "reviewed_words": "a\ne\nscript\nimg",
}  # fmt: skip
Row = dict[str, Any]
READ_ON = {"a comment", "search", "reported", "escalated", "appeals", "what if", "connect", "a test"}
OLDER = re.compile(r"before=([0-9A-Z]{26})")


def surround(url: str, someone: str, visited: Sequence[str], strings: Sequence[str]) -> None:
    """Reports, appeals, questions, answers and notes that say these strings, about these comments."""
    database = open_database(url)
    try:
        with database.read() as conn:
            writer = conn.execute(select(moderators.c.id).where(moderators.c.email == someone)).scalar_one()
            found = conn.execute(select(comments.c.id, comments.c.site_id, comments.c.author_id))
            about = {row.id: row for row in found}
        chosen = [about[one] for one in visited]
        said = [string[:MOST_TEXT] for string in itertools.islice(itertools.cycle(strings), len(chosen))]
        _insert(database, concerns, list(_raised(chosen, said, f"moderator:{writer}")))
        _insert(database, notes, list(_noted(chosen, said, writer)))
    finally:
        database.close()


def _raised(about: Sequence[Any], said: Sequence[str], who: str) -> Iterator[Row]:
    """Of each kind an open one, and one that was answered."""
    for one, text in zip(about, said, strict=True):
        shared = {
            "site_id": one.site_id, "comment_id": one.id, "revision": 1, "reason": "other", "text": text,
            "raised_by": who, "created_at": _now(),
        }  # fmt: skip
        nothing = {"answer": None, "answered_by": None, "settled_at": None}
        for kind in Concern:
            yield {**shared, **nothing, "id": _id(), "kind": kind, "once": f"{kind}:{one.id}"}
        answer = {"answer": text, "answered_by": who, "settled_at": _now()}
        yield {**shared, **answer, "id": _id(), "kind": Concern.ESCALATION, "once": f"answered:{one.id}"}


def _noted(about: Sequence[Any], said: Sequence[str], writer: str) -> Iterator[Row]:
    for one, text in zip(about, said, strict=True):
        for subject in (f"comment:{one.id}", f"author:{one.author_id}"):
            shared = {"site_id": one.site_id, "moderator_id": writer, "created_at": _now()}
            yield {**shared, "id": _id(), "subject": subject, "text": text}


def pages(moderator: Moderator, url: str, visited: Sequence[str], strings: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(which, the page), as they come; every string stands on several of them."""
    get = _asker(moderator)
    for one in visited:
        yield "a comment", get(f"/desk/approved?comment={one}")
    for found in _everything_found(get):
        yield "search", found
    for author in _authors(url, visited):
        yield "an author", get(f"/desk/authors/{author}")
        yield "many at once", get(f"/desk/bulk?author={author}&verdict=spam")
    for view in ("approved", "reported", "escalated", "appeals"):
        yield view, get(f"/desk/{view}")
    yield "what if", moderator.post("/desk/policy/try", **POLICY).text
    for found in _verdicts_from_elsewhere(get, url, strings):
        yield "connect", found
    yield from _said_again(moderator, strings)
    yield from _people_of_that_name(get, moderator, url, strings)


def on_which(seen: Iterable[tuple[str, str]], strings: Sequence[str], which: set[str]) -> Iterator[str]:
    """The pages themselves; `which` gathers those on which a string really stood, as text."""
    short = [string for string in strings if len(string) < 60 and str(escape(string)) != string]
    known = [str(escape(string)) for string in short]
    for name, html in seen:
        if name not in which and any(string in html for string in known):
            which.add(name)
        yield html


def _everything_found(get: Callable[..., str]) -> Iterator[str]:
    """The search, from its newest page to its oldest; then all of it about to be decided at once."""
    found = get("/desk/search?state=approved")
    while True:
        yield found
        older = OLDER.search(found)
        if older is None:
            break
        found = get(f"/desk/search?state=approved&before={older[1]}")
    yield get("/desk/bulk?state=approved&verdict=reject")


def _verdicts_from_elsewhere(get: Callable[..., str], url: str, strings: Sequence[str]) -> Iterator[str]:
    """What moderators of other programs decided, on the page that connects a site."""
    database = open_database(url)
    try:
        with database.read() as conn:
            site_id = conn.execute(select(sites.c.id).where(sites.c.key == settings.SITE)).scalar_one()
        shared = {"id": _id(), "site_id": site_id, "name": "A blog", "created_by": "system", "created_at": 0}
        _insert(database, api_keys, [{**shared, "digest": "0" * 64, "ends_with": "00"}])
        shared = {"site_id": site_id, "key_id": shared["id"], "source": "submit-spam", "verdict": "spam"}
        for start in range(0, len(strings), VERDICTS_ON_A_PAGE):
            some = enumerate(strings[start : start + VERDICTS_ON_A_PAGE], start)
            told = ({"id": _id(), "text_digest": n, "text": text, "created_at": _now()} for n, text in some)
            _insert(database, feedback, [{**shared, "attributes": "{}", **one} for one in told])
            yield get("/desk/connect?how=akismet")
    finally:
        database.close()


def _said_again(moderator: Moderator, strings: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What was typed into a search, a log's filter, a policy and a live test stands in the answer."""
    for string in strings[::20]:
        for path, names in (
            ("/desk/search", ("q", "thread", "author")),
            ("/desk/log", ("actor", "action", "subject", "since")),
        ):
            yield path, moderator.get(path, **dict.fromkeys(names, string[:500])).text
        wrong = {**POLICY, "reviewed_words": string, "blocked_hosts": string, "mode": string[:40]}
        yield "a policy", moderator.post("/desk/policy/try", **wrong).text
        yield "a test", moderator.post("/desk/connect/try", how="form", site=settings.SITE, text=string).text
        yield "an invitation", moderator.post("/desk/people", email=string[:200], name=string[:200], role="viewer").text


def _people_of_that_name(
    get: Callable[..., str], moderator: Moderator, url: str, strings: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """A colleague may call themselves anything, too."""
    database = open_database(url)
    try:
        for string in strings[::100]:
            named = update(moderators).where(moderators.c.email == moderator.email).values(name=string[:80])
            database.write(partial(Connection.execute, statement=named))
            for path in ("people", "log?automatic=1", "numbers", "account", "settings"):
                yield path, get(f"/desk/{path}")
    finally:
        database.close()


def _authors(url: str, visited: Sequence[str]) -> list[str]:
    """Those of every tenth comment."""
    database = open_database(url)
    try:
        with database.read() as conn:
            asked = select(comments.c.author_id).where(comments.c.id.in_(visited[::10])).distinct()
            return list(conn.execute(asked.limit(400)).scalars())
    finally:
        database.close()


def _asker(moderator: Moderator) -> Callable[..., str]:
    def get(path: str) -> str:
        answer = moderator.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    return get


def _insert(database: Database, table: Table, rows: list[Row]) -> None:
    for start in range(0, len(rows), 500):
        database.write(partial(_insert_some, table=table, rows=rows[start : start + 500]))


def _insert_some(conn: Connection, *, table: Table, rows: list[Row]) -> None:
    conn.execute(insert(table), rows)


def _id() -> str:
    return new_id(_now())


def _now() -> int:
    return time.time_ns() // 1000
