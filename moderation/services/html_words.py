"""The words of an HTML comment: paragraphs and line breaks stay, a link shows where it leads, tags go."""

import re
from html.parser import HTMLParser

_BLOCKS = frozenset("p div blockquote ul ol pre h1 h2 h3 h4 h5 h6 table tr".split())
_UNSEEN = frozenset(("script", "style"))
_BROKEN_BY_TAGS = re.compile(r"<(p|br|div)\b", re.IGNORECASE)


def words_of(html: str, *, line_breaks_count: bool) -> str:
    """`line_breaks_count`: a newline in the source is one for readers, as in WordPress; otherwise only tags break
    lines, unless there are none."""
    if "<" not in html and "&" not in html:
        return html.strip()
    keep = line_breaks_count or not _BROKEN_BY_TAGS.search(html)
    reader = _Words(keep)
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:  # what the parser raises at "<![x"; then the markup is the comment
        return html.strip()
    return "".join(reader.pieces).strip()


class _Words(HTMLParser):
    def __init__(self, keep_newlines: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._keep = keep_newlines
        self._unseen = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _BLOCKS:
            self._break(2)
        elif tag == "li":
            self._break(1)
            self.pieces.append("- ")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.pieces)))
        elif tag == "img":
            self.pieces.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self._break(2)
        elif tag == "a" and self._links:
            href, since = self._links.pop()
            shown = "".join(self.pieces[since:]).strip()
            if href and href != shown and href.removesuffix("/") != shown:
                self.pieces.append(f" ({href})" if shown else href)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not self._keep:
            data = re.sub(r"\s+", " ", data)
            if not self.pieces or self.pieces[-1].endswith("\n"):
                data = data.lstrip(" ")
        if data:
            self.pieces.append(data)

    def _break(self, lines: int) -> None:
        end = "".join(self.pieces[-3:])
        if end.strip() or any(piece.strip() for piece in self.pieces):
            self.pieces.append("\n" * max(0, lines - (len(end) - len(end.rstrip("\n")))))
