"""Make what a file has into what we can keep: what cannot be kept is left out, or dropped from it, and counted."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from moderation.domain.comment import State
from moderation.domain.web_address import CONTROL, INVISIBLE, web_address
from moderation.services.moving.incoming import Raw, Report

LONGEST = 200_000
MOST_NAME, MOST_TITLE, MOST_EMAIL = 200, 300, 254
NO_NAME = "Anonymous"


@dataclass(frozen=True, slots=True)
class Known:
    """Of the id that something has elsewhere: 32 hex digits."""

    format: str

    def digest(self, source: str, key: str) -> str:
        said = f"{self.format}\0{source}\0{key}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(said, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A comment as it will be kept; `email` empty: nobody can write to this author."""

    raw: Raw
    digest: str
    parent: str | None  # its digest
    url: str
    title: str
    name: str
    email: str
    website: str
    text: str
    at: int


def tidy(raw: Raw, known: Known, report: Report, *, now: int) -> Incoming | str:
    """Or the reason why it is left out."""
    url = web_address(raw.url)
    if url is None:
        return "its page has no web address"
    if raw.at is None or raw.at < 0:
        return "it has no date"
    text = CONTROL.sub("", raw.text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    gone = raw.exact is not None and raw.state in (State.ERASED, State.WITHDRAWN)
    if not INVISIBLE.sub("", text) and not gone:
        return "it has no text"
    if len(text) > LONGEST:
        return f"it is longer than {LONGEST:,} characters"
    if raw.at > now:
        report.change("its date lay ahead and is now's", raw.key)
    return Incoming(
        raw=raw, digest=known.digest(raw.source, raw.key),
        parent=known.digest(raw.source, raw.parent) if raw.parent else None, url=url,
        title=_line(raw.title, MOST_TITLE) or url[:MOST_TITLE], name=_line(raw.name, MOST_NAME) or NO_NAME,
        email=_email(raw, report), website=_website(raw, report), text=text, at=min(raw.at, now),
    )  # fmt: skip


def _line(value: str, most: int) -> str:
    line = " ".join(CONTROL.sub(" ", value).split())
    return line[:most] if INVISIBLE.sub("", line) else ""


def _email(raw: Raw, report: Report) -> str:
    given = raw.email.strip()
    if not given:
        return ""
    if raw.exact is not None:  # it was checked when it came in, perhaps by other rules
        address = given if "@" in given and not INVISIBLE.search(given) and not CONTROL.search(given) else ""
    else:
        address = _normal(given)
    address = address if len(address) <= MOST_EMAIL else ""
    if not address:
        report.change("its email is no address and is dropped", raw.key)
    return address


@lru_cache(20_000)
def _normal(given: str) -> str:
    try:
        return str(validate_email(given, check_deliverability=False).normalized)
    except (EmailNotValidError, ValueError):
        return ""


def _website(raw: Raw, report: Report) -> str:
    given = raw.website.strip()
    if not given:
        return ""
    address = web_address(given if "://" in given else f"https://{given}")
    if address is None:
        report.change("its author's website is no web address and is dropped", raw.key)
    return address or ""
