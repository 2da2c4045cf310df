"""What templates/public/_form.html needs: the fields as typed, their errors, and where to send them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from moderation.storage.rows import Record
from moderation.web.problems import Problem
from moderation.web.public.form_token import HONEYPOT, FormTokens
from moderation.wiring import Wiring

ORDER = ("comment", "name", "email", "website")


@dataclass(frozen=True)
class Place:
    """The thread that a page or a form is for."""

    site: str
    url: str
    title: str
    section: str = ""  # as the article's page said

    def page(self, **more: Any) -> str:
        """The plain page's address. Left-out values (None) stay out of it."""
        anchor = more.pop("_anchor", None)
        given = {"site": self.site, "url": self.url, "title": self.title, "section": self.section, **more}
        query = urlencode({name: value for name, value in given.items() if value not in (None, "")})
        return f"{url_for('pages.comments')}?{query}" + (f"#{anchor}" if anchor else "")


@dataclass(frozen=True)
class PlainForm:
    site: str
    thread_url: str
    thread_title: str
    thread_section: str
    action: str
    cancel_url: str
    token: str
    idempotency_key: str
    honeypot: str = HONEYPOT
    reply_to: Record | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    sentences: tuple[str, ...] = ()


def new_form(wiring: Wiring, place: Place, reply_to: Record | None = None) -> PlainForm:
    return PlainForm(
        site=place.site, thread_url=place.url, thread_title=place.title, thread_section=place.section,
        action=place.page(reply_to=reply_to.id if reply_to else None), cancel_url=place.page(),
        token=FormTokens(wiring.settings.secret_key).make(place.site), idempotency_key=uuid.uuid4().hex,
        reply_to=reply_to,
    )  # fmt: skip


def refused_form(
    wiring: Wiring, place: Place, given: Mapping[str, str], problem: Problem, reply_to: Record | None
) -> PlainForm:
    """The same form with everything that was typed and, at each field, how to mend it."""
    fresh = new_form(wiring, place, reply_to)
    errors = {name: problem.errors[name] for name in ORDER if name in problem.errors}
    others = [text for name, text in problem.errors.items() if name not in errors]
    if errors and problem.status == 422:
        title = ngettext(
            "One thing to mend before your comment can be sent",
            "%(num)s things to mend before your comment can be sent", len(errors),
        )  # fmt: skip
        sentences = others
    else:
        title = _("Your comment was not sent")
        sentences = [problem.title, problem.detail, *others, _("What you wrote is kept.")]
    return PlainForm(
        site=fresh.site, thread_url=fresh.thread_url, thread_title=fresh.thread_title,
        thread_section=fresh.thread_section, action=fresh.action,
        cancel_url=fresh.cancel_url, reply_to=reply_to,
        # The old token says how long the form has been open; the old key is for the old text.
        token=given.get("form_token") or fresh.token, idempotency_key=fresh.idempotency_key,
        values={name: given.get(name, "") for name in ORDER}, errors=errors, problem=title,
        sentences=tuple(text for text in sentences if text),
    )  # fmt: skip
