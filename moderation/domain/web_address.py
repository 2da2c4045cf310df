"""What counts as an address on the web, for what readers type and for what other systems kept."""

import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

MOST_URL = 2000

# What no reader can have meant to send and no page can show.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
INVISIBLE = re.compile(r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]+")  # fmt: skip  # noqa: E501


@lru_cache(maxsize=1000)  # the pages of a site, and those who comment often
def web_address(value: str) -> str | None:
    """An http(s) address without its fragment, or None."""
    if len(value) > MOST_URL or CONTROL.search(value) or INVISIBLE.search(value):
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower() if parts.hostname else ""
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    if not re.fullmatch(r"[a-z0-9_.:-]+", host):
        return None
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    address = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    return address if len(address) <= MOST_URL else None
