"""Disqus: its XML export (https://help.disqus.com/en/articles/1717164-comments-export)."""

from collections.abc import Iterator
from typing import NamedTuple

from moderation.domain.comment import State
from moderation.refusal import Refusal
from moderation.services.html_words import words_of
from moderation.services.moving.incoming import Left, Raw
from moderation.services.moving.source import Source, microseconds
from moderation.services.moving.xml_stream import Element, elements

PREFIXES = {"http://disqus.com/disqus-internals": "dsq", "http://disqus.com": ""}


class _Thread(NamedTuple):
    link: str
    title: str
    open: bool
    at: int | None


def read(source: Source) -> Iterator[Raw | Left]:
    with source.open() as stream:
        file = _File()
        for element in elements(stream, source.path, PREFIXES):
            found = file.see(element)
            if found is not None:
                yield found
        if not file.is_disqus:
            raise Refusal(f"{source.path} is XML, but no Disqus export: it has no <disqus>.", "is --format right?")


class _File:
    """Threads come before the posts under them; only their addresses and titles are kept."""

    def __init__(self) -> None:
        self.is_disqus = False
        self._threads: dict[str, _Thread] = {}
        self._record: dict[str, str] = {}
        self._kind = ""

    def see(self, element: Element) -> Raw | Left | None:
        if not element.ended:
            if element.name == "disqus" and not element.inside:
                self.is_disqus = True
            elif element.inside == "disqus":
                self._kind, self._record = element.name, {"id": element.attributes.get("dsq:id", "")}
            return None
        if element.inside == "disqus":
            return self._finished(element)
        if element.inside == self._kind:
            if element.name in ("thread", "parent"):
                self._record[element.name] = element.attributes.get("dsq:id", "")
            elif element.name != "id":
                self._record[element.name] = element.text
        elif element.inside == "author":
            self._record[f"author.{element.name}"] = element.text.strip()
        return None

    def _finished(self, element: Element) -> Raw | Left | None:
        record = self._record
        if element.name == "thread":
            link = record.get("link", "").strip()
            self._threads[record["id"]] = _Thread(
                link, record.get("title", "").strip(), not _true(record, "isClosed"),
                microseconds(record.get("createdAt", "").strip()),
            )  # fmt: skip
            return None
        return self._post(record, element) if element.name == "post" else None

    def _post(self, record: dict[str, str], element: Element) -> Raw | Left:
        key, parent = record["id"], record.get("parent") or None
        if not key:
            return Left(f"line {element.line}", "it has no id")
        thread = self._threads.get(record.get("thread", ""))
        if thread is None:
            return Left(key, "its thread is not in the file", parent)
        state = State.APPROVED
        if _true(record, "isSpam"):
            state = State.SPAM
        elif _true(record, "isDeleted"):
            state = State.REJECTED
        elif record.get("isApproved", "").strip() == "false":
            state = State.PENDING
        user = "" if _true(record, "author.isAnonymous") else record.get("author.username", "")
        return Raw(
            key=key, parent=parent, url=thread.link, title=thread.title, name=record.get("author.name", ""),
            email=record.get("author.email", ""), website=record.get("author.url", ""),
            text=words_of(record.get("message", ""), line_breaks_count=False),
            at=microseconds(record.get("createdAt", "")), state=state, user=user, thread_open=thread.open,
            thread_at=thread.at,
            judged=state is not State.PENDING,
        )  # fmt: skip


def _true(record: dict[str, str], name: str) -> bool:
    return record.get(name, "").strip() == "true"
