"""Signing in at an identity provider: there and back again."""

from dataclasses import asdict

import structlog
from flask import Blueprint, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from moderation.outbound.identity_provider import Attempt, IdentityProvider, NotBelieved, ProviderAway
from moderation.services import sign_in_elsewhere
from moderation.services.sign_in import NeedsCode
from moderation.web.desk import guard
from moderation.web.desk.guard import wiring

KEPT_IN = "elsewhere"
log = structlog.get_logger(__name__)


class Refused(Exception):
    """The sentence says why, and what to do."""


def name() -> str:
    """What the button says; empty without a provider."""
    return wiring().settings.oidc_name if wiring().elsewhere else ""


def register(door: Blueprint) -> None:
    door.get("/sign-in/elsewhere", endpoint="elsewhere")(_leave)


def _provider() -> IdentityProvider:
    provider = wiring().elsewhere
    if provider is None:
        raise NotFound
    return provider


def _leave() -> Response:
    """A link, not a form: the page's own policy lets no form lead away from here."""
    provider = _provider()
    try:
        address, attempt = provider.begin()
    except ProviderAway as error:
        log.warning("elsewhere.away", error=type(error.__cause__ or error).__name__)
        return redirect(url_for("desk_door.sign_in_page", told="away"), 303)
    session[KEPT_IN] = {**asdict(attempt), "following": guard.inside_desk(request.args.get("next"))}
    return redirect(address, 303)


def came_back() -> tuple[str | NeedsCode, str]:
    """The session's token, or what is still asked for; and where to go. Raises Refused."""
    provider, kept = _provider(), session.pop(KEPT_IN, None)
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not isinstance(kept, dict) or not state or state != kept.get("state"):
        raise Refused(_("That took too long, or was begun in another window. Try once more."))
    if request.args.get("error") == "access_denied":
        raise Refused(_("You did not agree at %(name)s, so nothing happened.", name=name()))
    if not code or request.args.get("iss", provider.issuer).rstrip("/") != provider.issuer.rstrip("/"):
        raise Refused(_("%(name)s did not let you in. Try once more, or use your password.", name=_at_the_start()))
    attempt = Attempt(state, str(kept["nonce"]), str(kept["verifier"]))
    return _entered(provider, attempt, code), str(kept["following"])


def _entered(provider: IdentityProvider, attempt: Attempt, code: str) -> str | NeedsCode:
    try:
        identity = provider.end(attempt, code)
        return sign_in_elsewhere.enter(wiring(), identity)
    except ProviderAway as error:
        log.warning("elsewhere.away", error=type(error.__cause__ or error).__name__)
        raise Refused(away()) from error
    except NotBelieved as error:
        log.warning("elsewhere.not_believed", error=str(error)[:60])
        raise Refused(_("What %(name)s said cannot be checked, so nobody was signed in.", name=name())) from error
    except sign_in_elsewhere.NotChecked as error:
        name_ = _at_the_start()
        said = _("%(name)s does not confirm that your email address is yours. Ask an administrator.", name=name_)
        raise Refused(said) from error
    except sign_in_elsewhere.NotKnown as error:
        said = _("There is no account here for %(email)s. Ask an administrator to invite you.", email=identity.email)
        raise Refused(said) from error


def away() -> str:
    return _("%(name)s does not answer. Try again shortly, or use your password.", name=_at_the_start())


def _at_the_start() -> str:
    """The provider's name as the first word of a sentence."""
    return name()[:1].upper() + name()[1:]
