"""What WordPress says of a field that will not do, in its order: the first one that is wrong wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request
from flask_babel import gettext as _
from markupsafe import escape

from moderation.domain.policy import Policy
from moderation.web.public import fields
from moderation.web.public.fields import Fields

MOST_EMAIL, MOST_URL = 100, 200


@dataclass
class Death(Exception):
    """WordPress's word for a refusal. Its status is 200 where a field is at fault."""

    status: int
    sentence: str
    is_error: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def html(self) -> str:
        strong = f"<strong>{escape(_('Error:'))}</strong> " if self.is_error else ""
        return f"<p>{strong}{escape(self.sentence)}</p>"


def check(given: Mapping[str, str], url: str, parent: str | None, policy: Policy) -> Fields:
    """The fields, or Death."""
    name, email = given.get("author", "").strip(), given.get("email", "").strip()
    website, text = given.get("url", "").strip(), given.get("comment", "").strip()
    if not name or len(email) < 6:
        raise _wrong(_("Please fill the required fields."))
    found, faults = _read(url, parent, name, email, website, text, policy)
    if "email" in faults:
        raise _wrong(_("Please enter a valid email address."))
    if not text:
        raise _wrong(_("Please type your comment text."))
    if len(name) > policy.name_max_length:
        raise _wrong(_("Your name is too long."))
    if len(email) > MOST_EMAIL:
        raise _wrong(_("Your email address is too long."))
    if len(website) > MOST_URL:
        raise _wrong(_("Your URL is too long."))
    if len(text) > policy.comment_max_length:
        raise _wrong(_("Your comment is too long."))
    if found is None:
        raise _wrong(next(iter(faults.values())))
    return found


def closed() -> Death:
    return Death(403, _("Sorry, comments are closed for this item."))


def no_reply() -> Death:
    return Death(403, _("Sorry, replies to unapproved comments are not allowed."))


def _read(
    url: str, parent: str | None, name: str, email: str, website: str, text: str, policy: Policy
) -> tuple[Fields | None, Mapping[str, str]]:
    """Our own reading of the fields. Like WordPress, it drops a website that is none rather than refuse it."""
    given = {"thread_url": url, "name": name, "email": email, "website": website, "comment": text, "parent": parent,
             "thread_title": request.args.get("title", "")}  # fmt: skip
    try:
        return fields.read(given, policy), {}
    except fields.Faults as faults:
        if set(faults.errors) == {"website"}:
            return _read(url, parent, name, email, "", text, policy)
        return None, {name: each for name, each in faults.errors.items() if name != "website"}


def _wrong(sentence: str) -> Death:
    return Death(200, sentence, is_error=True)
