"""Our own export: JSON lines under a header; docs/moving.md has every field."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from moderation.domain.comment import DECIDED, Band, Look, State
from moderation.refusal import Refusal
from moderation.services.moving.incoming import Left, Raw
from moderation.services.moving.source import Source
from moderation.storage.ids import is_id

FORMAT, VERSION = "moderato-export", 1
_LOOKS, _STATES, _BANDS = frozenset(Look), frozenset(State), frozenset(Band)
STANDINGS = ("normal", "trusted", "always_review", "suspended", "banned")


def read(source: Source) -> Iterator[Raw | Left]:
    lines = source.lines()
    _check_header(source, next(lines, None))
    threads: dict[str, dict[str, Any]] = {}
    for number, line in lines:
        try:
            given = json.loads(line)
            kind = given["kind"]
            if kind == "thread":
                threads[given["id"]] = {
                    "url": given["url"], "title": given["title"], "open": given["open"],
                    "at": int(given["created_at"]),
                }  # fmt: skip
            elif kind == "comment":
                yield _comment(given, threads.get(given["thread"]))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            yield Left(f"line {number}", "the line is not one that export wrote")


def _check_header(source: Source, first: tuple[int, bytes] | None) -> None:
    try:
        header = json.loads(first[1]) if first else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise Refusal(f'{source.path}, line 1: not the header of an export, {{"format":"{FORMAT}",…}}.',
                      "is --format right?")  # fmt: skip
    if header.get("version") != VERSION:
        raise Refusal(
            f"{source.path}, line 1: version {header.get('version')!r:.20} is not known here, {VERSION} is.",
            "import it with the release that wrote it, or a newer one",
        )


def _comment(given: dict[str, Any], thread: dict[str, Any] | None) -> Raw | Left:
    if not is_id(given["id"]):
        raise ValueError("id")
    if thread is None:
        return Left(given["id"], "its thread is not in the file", given["parent"])
    _check(given)
    last, author = given["revisions"][-1], given["author"]
    return Raw(
        key=given["id"], parent=given["parent"], url=_text(thread["url"]), title=_text(thread["title"]),
        name=_text(last["name"]), email=_text(author.get("email") or ""), website=_text(last["website"]),
        text=_text(last["text"]), at=int(given["created_at"]), state=State(given["state"]),
        user=_text(author["id"]), thread_open=bool(thread["open"]),
        thread_at=thread["at"], judged=bool(given["labels"]), exact=given,
    )  # fmt: skip


def _check(given: dict[str, Any]) -> None:
    """What is stored as it is must be what the tables take: nothing else is a line of ours."""
    for one in given["revisions"]:
        _all(one, int, "revision", "created_at")
        _all(one, str, "name", "website", "text")
    for one in given["decisions"]:
        _all(one, int, "revision", "version", "created_at")
        _all(one, str, "decided_by", "reason")
        _all(one, list, "because", "findings")
        _ids(one["id"], one["undoes"])
        _one_of(one["look"], _LOOKS)
        _one_of(one["state_after"], _STATES)
    for one in given["labels"]:
        _all(one, int, "revision", "created_at")
        _all(one, str, "source")
        _ids(one["decision"], one["judged"])
        _one_of(one["verdict"], DECIDED)
    _all(given, int, "revision", "version", "queue_key")
    _one_of(given["band"], _BANDS)
    _one_of(given["author"]["standing"], STANDINGS)
    _all(given["author"], int, "created_at")
    if not isinstance(given["audit_drawn"], bool) or not given["decisions"]:
        raise ValueError("audit_drawn, decisions")
    if [one["revision"] for one in given["revisions"]] != list(range(1, given["revision"] + 1)):
        raise ValueError("revision")


def _one_of(value: Any, known: Collection[str]) -> None:
    if value not in known:
        raise ValueError(value)


def _ids(id: Any, other: Any) -> None:
    if not is_id(id) or (other is not None and not is_id(other)):
        raise ValueError("id")


def _all(given: dict[str, Any], kind: type, *names: str) -> None:
    for name in names:
        if not isinstance(given[name], kind) or isinstance(given[name], bool):
            raise TypeError(name)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
