"""The fields of a posted comment: what each must be, and in which words we ask to mend it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from moderation.domain.policy import Policy
from moderation.domain.section import LONGEST
from moderation.domain.web_address import CONTROL, INVISIBLE
from moderation.domain.web_address import MOST_URL as MOST_URL
from moderation.domain.web_address import web_address as web_address
from moderation.storage.ids import is_id

MOST_EMAIL = 254
MOST_TITLE = 300
MOST_MARKS = 30  # combining marks on one letter: the bound of Unicode's stream-safe text format (UAX #15)


@dataclass(frozen=True, slots=True)
class Fields:
    thread_url: str
    thread_title: str
    thread_section: str
    name: str
    email: str
    website: str
    text: str
    parent: str | None


class Faults(Exception):
    """Fields that cannot be taken as they are, each with a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def read(given: Mapping[str, Any], policy: Policy) -> Fields:
    """Raises Faults naming every bad field at once."""
    reader = _Reader(given)
    fields = Fields(
        thread_url=reader.thread_url(),
        thread_title=reader.line("thread_title", most=MOST_TITLE, cut=True),
        thread_section=reader.line("thread_section", most=LONGEST, cut=True),
        name=reader.name(policy.name_max_length),
        email=reader.email(),
        website=reader.website(),
        text=reader.comment(policy.comment_max_length),
        parent=reader.parent(),
    )
    if reader.errors:
        raise Faults(reader.errors)
    return fields


class _Reader:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.errors: dict[str, str] = {}

    def _text(self, field: str) -> str:
        value = self._given.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.errors[field] = _("This must be text.")
            return ""
        return value

    def line(self, field: str, *, most: int, cut: bool = False) -> str:
        """One line of text; whitespace runs become one space."""
        value = " ".join(self._text(field).split())
        if CONTROL.search(value):
            if cut:
                return " ".join(CONTROL.sub(" ", value).split())[:most]
            self.errors.setdefault(field, _("This has a character that cannot be shown. Please type it again."))
        elif len(value) > most:
            if cut:
                return value[:most]
            self.errors.setdefault(
                field, _("This is %(length)d characters long; %(most)d is the most.", length=len(value), most=most)
            )
        return value

    def name(self, most: int) -> str:
        value = self.line("name", most=most)
        if "name" not in self.errors:
            if not INVISIBLE.sub("", value):
                self.errors["name"] = _("Please give a name. It is shown with your comment.")
            elif _too_many_marks(value):
                self.errors["name"] = _("This has too many marks on one letter. Please use fewer.")
        return value

    def email(self) -> str:
        value = self._text("email").strip()
        if "email" in self.errors:
            return ""
        if not value:
            self.errors["email"] = _("Please give an email address. It is not published.")
            return ""
        try:
            if len(value) > MOST_EMAIL or CONTROL.search(value):
                raise EmailNotValidError
            return normal_email(value)
        except (EmailNotValidError, ValueError):
            self.errors["email"] = _(
                "This does not look like an email address. It should be like name@example.org."
            )
            return ""

    def website(self) -> str:
        value = self._text("website").strip()
        if not value or "website" in self.errors:
            return ""
        if "://" not in value and not value.lower().startswith(("javascript:", "data:", "vbscript:")):
            value = f"https://{value}"
        address = web_address(value)
        if address is None:
            self.errors["website"] = _(
                "This is not a web address. It should be like https://example.org, or empty."
            )
            return ""
        return address

    def thread_url(self) -> str:
        value = self._text("thread_url").strip()
        if "thread_url" in self.errors:
            return ""
        address = web_address(value) if value else None
        if address is None:
            self.errors["thread_url"] = _("This must be the address of the page, with http:// or https://.")
            return ""
        return address

    def comment(self, most: int) -> str:
        value = self._text("comment").replace("\r\n", "\n").replace("\r", "\n").strip()
        if "comment" in self.errors:
            return ""
        if not INVISIBLE.sub("", value):
            self.errors["comment"] = _("Please write a comment.")
        elif len(value) > most:
            self.errors["comment"] = _(
                "This is %(length)d characters long; %(most)d is the most. Please shorten it by %(over)d.",
                length=len(value), most=most, over=len(value) - most,
            )  # fmt: skip
        elif CONTROL.search(value):
            self.errors["comment"] = _("This has a character that cannot be shown. Please type it again.")
        elif _too_many_marks(value):
            self.errors["comment"] = _("This has too many marks on one letter. Please use fewer.")
        return value

    def parent(self) -> str | None:
        value = self._text("parent").strip()
        if not value or "parent" in self.errors:
            return None
        if not is_id(value):
            self.errors["parent"] = _("The comment you reply to is not known. Please reload the page.")
            return None
        return value


_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*")


def normal_email(address: str) -> str:
    """The one way to write it; raises EmailNotValidError. Most are plain before the @ and known behind it."""
    before, _at, domain = address.rpartition("@")
    if len(before) <= 64 and len(address) <= MOST_EMAIL and domain.isascii() and _PLAIN.fullmatch(before):
        return f"{before}@{_normal_domain(domain)}"
    return str(validate_email(address, check_deliverability=False).normalized)


@lru_cache(maxsize=1000)
def _normal_domain(domain: str) -> str:
    return str(validate_email(f"a@{domain}", check_deliverability=False).domain)


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _too_many_marks(text: str) -> bool:
    if text.isascii():
        return False
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > MOST_MARKS:
            return True
    return False
