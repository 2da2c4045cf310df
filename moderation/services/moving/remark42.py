"""Remark42: its native backup, JSON a line after a header (backend/app/migrator/native.go)."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from moderation.domain.comment import State
from moderation.refusal import Refusal
from moderation.services.html_words import words_of
from moderation.services.moving.incoming import Left, Raw
from moderation.services.moving.source import Source, microseconds

VERSION = 1


def read(source: Source) -> Iterator[Raw | Left]:
    lines = source.lines()
    _check_header(source, next(lines, None))
    for number, line in lines:
        try:
            comment = json.loads(line)
        except (ValueError, RecursionError):
            comment = None
        if not isinstance(comment, dict) or not isinstance(comment.get("id"), str) or not comment["id"]:
            yield Left(f"line {number}", "the line is not a comment in JSON")
            continue
        yield _comment(source, comment)


def _check_header(source: Source, first: tuple[int, bytes] | None) -> None:
    try:
        header = json.loads(first[1]) if first else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or "version" not in header or "id" in header:
        raise Refusal(
            f'{source.path}, line 1: not the header of a Remark42 backup, {{"version":1,…}}.', "is --format right?"
        )
    if header["version"] != VERSION:
        raise Refusal(f"{source.path}, line 1: version {header['version']!r:.20} is not known here, {VERSION} is.")


def _comment(source: Source, comment: dict[str, Any]) -> Raw | Left:
    locator, user = _object(comment, "locator"), _object(comment, "user")
    place, url = _string(locator, "site"), _string(locator, "url")
    key, parent = comment["id"], _string(comment, "pid") or None
    html = words_of(_string(comment, "text"), line_breaks_count=False)
    return Raw(
        key=key, parent=parent, url=urljoin(source.base_url, url) if source.base_url and url else url,
        title=_string(comment, "title"), name=_string(user, "name"), email="", website="",
        text=_string(comment, "orig") or html, at=microseconds(_string(comment, "time")),
        state=State.REJECTED if comment.get("delete") is True else State.APPROVED, user=_string(user, "id"),
        source=place,
    )  # fmt: skip


def _object(given: dict[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    return value if isinstance(value, dict) else {}


def _string(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
