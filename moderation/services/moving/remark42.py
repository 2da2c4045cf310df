"""Remark42: its native backup, JSON a line after a header (backend/app/migrator/native.go, store/comment.go,
store/service/service.go, store/engine/engine.go)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from moderation.domain.comment import State
from moderation.refusal import Refusal
from moderation.services.html_words import words_of
from moderation.services.moving.incoming import Left, Raw
from moderation.services.moving.source import Source, microseconds

VERSIONS = (0, 1)  # its own import takes both


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line knows: addresses of those who wanted mail, and pages that are closed."""

    emails: Mapping[str, str]
    closed: frozenset[str]


def read(source: Source) -> Iterator[Raw | Left]:
    lines = source.lines()
    header = _header(source, next(lines, None))
    for number, line in lines:
        try:
            comment = json.loads(line)
        except (ValueError, RecursionError):
            comment = None
        if not isinstance(comment, dict) or not isinstance(comment.get("id"), str) or not comment["id"]:
            yield Left(f"line {number}", "the line is not a comment in JSON")
            continue
        yield _comment(source, header, comment)


def _header(source: Source, first: tuple[int, bytes] | None) -> Header:
    try:
        header = json.loads(first[1]) if first else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or "version" not in header or "id" in header:
        raise Refusal(
            f'{source.path}, line 1: not the header of a Remark42 backup, {{"version":1,…}}.', "is --format right?"
        )
    if header["version"] not in VERSIONS:
        raise Refusal(f"{source.path}, line 1: version {header['version']!r:.20} is not known here, 0 and 1 are.")
    users, posts = _objects(header, "users"), _objects(header, "posts")
    return Header(
        {_string(user, "id"): _string(_object(user, "details"), "email") for user in users},
        frozenset(_string(post, "url") for post in posts if post.get("read_only") is True),
    )


def _comment(source: Source, header: Header, comment: dict[str, Any]) -> Raw | Left:
    locator, user = _object(comment, "locator"), _object(comment, "user")
    place, url = _string(locator, "site"), _string(locator, "url")
    key, parent = comment["id"], _string(comment, "pid") or None
    html = words_of(_string(comment, "text"), line_breaks_count=False)
    return Raw(
        key=key, parent=parent, url=urljoin(source.base_url, url) if source.base_url and url else url,
        title=_string(comment, "title"), name=_string(user, "name"), website="",
        email=header.emails.get(_string(user, "id"), ""),
        text=_string(comment, "orig") or html, at=microseconds(_string(comment, "time")),
        state=State.REJECTED if comment.get("delete") is True else State.APPROVED, user=_string(user, "id"),
        source=place, thread_open=url not in header.closed,
    )  # fmt: skip


def _objects(given: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = given.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _object(given: dict[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    return value if isinstance(value, dict) else {}


def _string(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
