"""Take a posted comment, from JSON, a script's form or a plain page: the same rules for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from moderation.domain.comment import State
from moderation.domain.site import Site, is_key
from moderation.services.submission import Refused, SubmitComment, Submitted
from moderation.services.submit import submit
from moderation.storage.database import Unavailable
from moderation.web.problems import Problem
from moderation.web.public import fields
from moderation.web.public.form_token import HONEYPOT, FormTokens
from moderation.web.public.state_words import on_arrival
from moderation.web.public.status_links import StatusLinks
from moderation.web.public.times import iso
from moderation.wiring import Wiring

MOST_KEY = 255
STATUS_OF = {State.APPROVED: 201, State.PENDING: 202}  # 200: taken, but not shown


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def take_comment(
    wiring: Wiring, given: Mapping[str, Any], *, origin: str | None, own_origin: str, network_address: str,
    idempotency_key: str | None = None,
) -> Answer:  # fmt: skip
    """201 published, 202 waiting, 200 taken but not shown; raises Problem for everything else."""
    site = site_for(wiring, given, origin=origin, own_origin=own_origin)
    key = _idempotency_key(idempotency_key)
    try:
        read = fields.read(given, site.policy)
        if not _belongs(read.thread_url, site, own_origin):
            raise fields.Faults(
                {"thread_url": _("This page does not belong to the site. Add its origin to the site's list.")}
            )
    except fields.Faults as faults:
        raise _unprocessable(faults.errors) from None
    form = FormTokens(wiring.settings.secret_key).read(
        _plain(given.get("form_token")), site.key, _plain(given.get(HONEYPOT))
    )
    command = SubmitComment(
        site=site, thread_url=read.thread_url, thread_title=read.thread_title, name=read.name, email=read.email,
        website=read.website, text=read.text, parent=read.parent, network_address=network_address, form=form,
        idempotency_key=key, thread_section=read.thread_section,
    )  # fmt: skip
    try:
        done = submit(wiring, command)
    except Refused as refused:
        raise _refusal(refused) from None
    except Unavailable:
        raise Problem(
            503, _("We cannot store comments at the moment. Your text was not sent; please try again shortly."),
            headers={"Retry-After": "5"},
        ) from None  # fmt: skip
    return _answer(wiring, command, done)


def site_for(wiring: Wiring, given: Mapping[str, Any], *, origin: str | None, own_origin: str) -> Site:
    """The site named in the request, if the page that asks may speak for it."""
    key = _plain(given.get("site"))
    site = wiring.sites.by_key(key) if is_key(key) else None
    if site is None:
        raise Problem(403, _("This site is not known here."), detail=_("Check data-site, or the field site."))
    if origin and origin != own_origin and origin not in site.origins:
        raise Problem(
            403, _("This page may not post comments for this site."),
            detail=_("Its origin is not in the site's list. An operator can add it."),
        )  # fmt: skip
    return site


def _belongs(thread_url: str, site: Site, own_origin: str) -> bool:
    origin = fields.origin_of(thread_url)
    return origin == own_origin or origin in site.origins


def _idempotency_key(key: str | None) -> str | None:
    if not key:
        return None
    if len(key) > MOST_KEY or not key.isascii() or not key.isprintable():
        raise _unprocessable(
            {"Idempotency-Key": _("This must be 1 to %(most)d printable ASCII characters.", most=MOST_KEY)}
        )
    return key


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unprocessable(errors: dict[str, str]) -> Problem:
    return Problem(422, _("Some fields need another look."), errors=errors)


def _refusal(refused: Refused) -> Problem:
    match refused.fact:
        case "thread_closed":
            return Problem(403, _("Comments on this page are closed."))
        case "author_banned":
            return Problem(403, _("This address may not comment here."))
        case "repeated":
            return Problem(
                409, _("You have already sent this comment."), errors={"comment": _("You have already sent this.")}
            )
        case "key_reused":
            sentence = _("This key was used for a different comment. Use a new one.")
            return _unprocessable({"Idempotency-Key": sentence})
        case "parent_elsewhere":
            return _unprocessable({"parent": _("The comment you reply to is not on this page. Please reload it.")})
    return _unprocessable({"parent": _("The comment you reply to is no longer shown. Please reload the page.")})


def _answer(wiring: Wiring, command: SubmitComment, done: Submitted) -> Answer:
    links = StatusLinks(wiring.settings.secret_key, wiring.settings.public_url)
    body = {
        "id": done.id,
        "state": done.state.value,
        "status_url": links.url(done.id),
        "message": on_arrival(done.state),
        "comment": {
            "id": done.id,
            "parent": command.parent,
            "name": command.name,
            "website": command.website or None,
            "text": command.text,
            "created_at": iso(done.created_at),
        },
    }
    return Answer(STATUS_OF.get(done.state, 200), body)
