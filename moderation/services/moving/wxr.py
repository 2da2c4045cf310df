"""WordPress: its own export file, WXR 1.0 to 1.2.

Source of the format: wp-admin/includes/export.php. Spam is never in it; pingbacks are, and are left out.
"""

from collections.abc import Iterator

from moderation.domain.comment import State
from moderation.refusal import Refusal
from moderation.services.html_words import words_of
from moderation.services.moving.incoming import Left, Raw
from moderation.services.moving.source import Source, microseconds
from moderation.services.moving.xml_stream import Element, elements

PREFIXES = {
    "http://wordpress.org/export/1.2/excerpt/": "excerpt",
    "http://wordpress.org/export/": "wp",
}
# Written by our own export: the id that a comment has here.
ID_META = "_moderato_id"
_STATES = {
    "1": State.APPROVED, "approve": State.APPROVED, "approved": State.APPROVED, "0": State.PENDING,
    "hold": State.PENDING, "trash": State.REJECTED, "spam": State.SPAM,
}  # fmt: skip


def read(source: Source) -> Iterator[Raw | Left]:
    with source.open() as stream:
        file = _File(source)
        for element in elements(stream, source.path, PREFIXES):
            found = file.see(element)
            if found is not None:
                yield found
        if not file.is_wxr:
            raise Refusal(f"{source.path} is XML, but no WordPress export: it has no <channel>.", "is --format right?")


class _File:
    def __init__(self, source: Source) -> None:
        self.is_wxr = False
        self._source = source
        self._blog = ""
        self._page: dict[str, str] = {}
        self._comment: dict[str, str] | None = None
        self._meta: dict[str, str] = {}
        self._ours: dict[str, str] = {}  # numbers of our own export, and the ids behind them

    def see(self, element: Element) -> Raw | Left | None:
        if not element.ended:
            self._begin(element.name)
        elif element.name == "wp:comment":
            found = self._finished(element)
            self._comment = None
            return found
        elif self._comment is not None:
            self._field(element)
        elif element.inside == "item":
            self._page[element.name] = element.text.strip()
        elif element.inside == "channel" and element.name == "wp:base_blog_url":
            self._blog = element.text.strip()
        elif element.inside == "channel" and element.name == "link":
            self._blog = self._blog or element.text.strip()
        return None

    def _begin(self, name: str) -> None:
        if name == "channel":
            self.is_wxr = True
        elif name == "item":
            self._page, self._ours = {}, {}
        elif name == "wp:comment":
            self._comment, self._meta = {}, {}

    def _field(self, element: Element) -> None:
        assert self._comment is not None
        if element.inside == "wp:comment":
            self._comment[element.name.removeprefix("wp:comment_")] = element.text
        elif element.inside == "wp:commentmeta" and element.name == "wp:meta_key":
            self._meta["key"] = element.text.strip()
        elif element.name == "wp:meta_value" and self._meta.get("key") == ID_META:
            self._comment["our_id"] = element.text.strip()

    def _finished(self, element: Element) -> Raw | Left:
        assert self._comment is not None
        field = {name: value.strip() for name, value in self._comment.items()}
        key, parent = field.get("id", ""), field.get("parent", "")
        parent = self._ours.get(parent, parent) if parent not in ("", "0") else ""
        if own := field.get("our_id"):
            self._ours[key] = key = own
        page, user = self._page, field.get("user_id", "")
        if not key:
            return Left(f"line {element.line}", "it has no id", source=self._blog)
        if field.get("type", "") not in ("", "comment"):
            return Left(key, "a pingback or trackback", parent or None, self._blog)
        approved = field.get("approved", "")
        if approved == "post-trashed":
            return Left(key, "its page was thrown away", parent or None, self._blog)
        if approved not in _STATES:
            return Left(key, "its status is none of 1, 0, trash, spam", parent or None, self._blog)
        posted_at = microseconds(page.get("wp:post_date_gmt", ""))
        at = microseconds(field.get("date_gmt", "")) or microseconds(field.get("date", ""))
        return Raw(
            key=key, parent=parent or None, url=page.get("link", ""), title=page.get("title", ""),
            name=field.get("author", ""), email=field.get("author_email", ""),
            website=field.get("author_url", ""), text=words_of(field.get("content", ""), line_breaks_count=True),
            at=at or posted_at, thread_at=posted_at, state=_STATES[approved],
            judged=approved != "0", thread_open=page.get("wp:comment_status", "open") != "closed",
            source=self._blog, user="" if user in ("", "0") else f"user {user}",
        )  # fmt: skip
