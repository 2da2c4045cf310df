"""What Akismet's clients send: forms of every kind, JSON, and fields in the query."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from flask import Request

from moderation.web.compat.door import NotJson, read_json

MOST_FIELDS = 2_000
# For a blog that says so, where its bytes are no UTF-8. Python has codecs that are no charsets.
CHARSETS = frozenset(
    "iso-8859-1 iso-8859-2 iso-8859-5 iso-8859-7 iso-8859-9 iso-8859-15 windows-1250 windows-1251 windows-1252 "
    "windows-1253 windows-1254 koi8-r koi8-u euc-jp shift_jis euc-kr gb2312 gbk gb18030 big5".split()
)


class BadFields(ValueError):
    """Not a form and not JSON; says why."""


def read_fields(request: Request) -> Mapping[str, str]:
    """By name, the last of each: none of the repeated ones decides anything. Unknown fields are kept and ignored."""
    query = request.query_string
    found = _decoded(parse(query))
    if request.method == "GET":
        return found
    if request.mimetype == "multipart/form-data":
        return {**found, **request.form.to_dict(flat=True)}
    body = request.get_data(cache=False)
    # By content, not by its label: one client labels a form `charset=utf-8`, another sends JSON.
    if body.lstrip()[:1] == b"{" and request.mimetype != "application/x-www-form-urlencoded":
        return {**found, **_from_json(body)}
    return {**found, **_decoded(parse(body))}


def parse(raw: bytes) -> list[tuple[bytes, bytes]]:
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadFields(f"More than {MOST_FIELDS} fields") from None
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _decoded(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    raw = dict(pairs)
    charset = raw.get(b"blog_charset", b"").decode("ascii", "replace").lower()
    return {_text(name, charset): _text(value, charset) for name, value in raw.items()}


def _text(value: bytes, charset: str) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode(charset if charset in CHARSETS else "windows-1252", "replace")


def _from_json(body: bytes) -> dict[str, str]:
    try:
        document = read_json(body)
    except NotJson as error:
        raise BadFields(str(error)) from None
    # JSON has no form for what a form sends; true is Akismet's "1".
    return {
        str(name): "1" if value is True else str(value)
        for name, value in document.items()
        if isinstance(value, str | int | float | bool)
    }
