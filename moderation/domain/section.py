"""The part of a site that a page belongs to: what the page says of itself, or the first part of its address."""

from urllib.parse import unquote, urlsplit

LONGEST = 80


def section_of(url: str, said: str = "") -> str:
    """Lower case, so that one section has one name; empty for a page at the top of its site."""
    named = " ".join(said.split())
    if not named:
        parts = [part for part in _path(url).split("/") if part]
        # The last part names the page itself.
        named = " ".join(unquote(parts[0]).split()) if len(parts) > 1 else ""
    return "".join(each for each in named.casefold() if each.isprintable())[:LONGEST]


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
