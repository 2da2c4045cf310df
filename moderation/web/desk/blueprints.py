"""The desk's blueprints: the door, what moderators read, and what they change."""

from collections.abc import Callable

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from moderation.web.desk import (
    account_views,
    asking_views,
    author_views,
    connect_views,
    deciding_views,
    guard,
    learning_views,
    live_views,
    log_views,
    numbers_views,
    page,
    people_views,
    policy_views,
    reading_views,
    search_views,
    settings_views,
)
from moderation.web.desk.door import door_blueprint
from moderation.web.limits import Throttle
from moderation.wiring import Wiring


def desk_blueprints(wiring: Wiring, throttle: Throttle) -> list[Blueprint]:
    """In this order: `/desk/sign-in` must not be taken for a view."""
    door, desk, changing = door_blueprint(wiring, throttle), _reading(wiring), _changing()
    settings_views.register(desk, changing)
    search_views.register(desk, changing)
    author_views.register(desk, changing)
    learning_views.register(desk, changing)
    # The views last: their names stand where any other address of the desk could.
    reading_views.register(desk)
    return [door, _account(throttle, wiring), _leading(), _people(), _connecting(), _all_sites(), desk, changing]


def _reading(wiring: Wiring) -> Blueprint:
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    desk.before_request(guard.require_moderator)
    desk.before_request(guard.require_own_sites)
    desk.register_error_handler(404, _not_found)
    numbers_views.register(desk)
    live_views.register(desk, wiring)
    return desk


def _changing() -> Blueprint:
    changing = Blueprint("desk_change", __name__, url_prefix="/desk")
    changing.before_request(guard.require_moderator)
    changing.before_request(guard.refuse_viewers)
    deciding_views.register(changing)
    asking_views.register(changing)
    changing.register_error_handler(CSRFError, deciding_views.old_form)
    return changing


def _leading() -> Blueprint:
    """For leads and administrators, at the sites where they are that."""
    leading = Blueprint("desk_lead", __name__, url_prefix="/desk")
    leading.before_request(guard.require_moderator)
    leading.before_request(guard.require_lead)
    log_views.register(leading)
    policy_views.register(leading)
    learning_views.register_leading(leading)
    asking_views.register_leading(leading)
    _tell_failures(leading)
    return leading


def _people() -> Blueprint:
    people = _guarded("desk_people", guard.require_admin)
    people_views.register(people)
    return people


def _connecting() -> Blueprint:
    connecting = _guarded("desk_connect", guard.require_admin)
    connect_views.register(connecting)
    return connecting


def _all_sites() -> Blueprint:
    """For who administers all sites."""
    all_sites = _guarded("desk_all_sites", guard.require_admin_of_all)
    learning_views.register_for_all_sites(all_sites)
    return all_sites


def _guarded(name: str, right: Callable[[], Response | None]) -> Blueprint:
    """For who is signed in and has the right; a failure is told as a page."""
    guarded = Blueprint(name, __name__, url_prefix="/desk")
    guarded.before_request(guard.require_moderator)
    guarded.before_request(right)
    _tell_failures(guarded)
    return guarded


def _account(throttle: Throttle, wiring: Wiring) -> Blueprint:
    """Everybody's own, whatever their role; codes are tried no more often than at the door."""
    account = Blueprint("desk_account", __name__, url_prefix="/desk")
    account.before_request(guard.require_moderator)

    @account.before_request
    def _take() -> None:
        if {"code", "answer", "password"} & request.form.keys():
            throttle.take(wiring.settings.rate_limit_sign_in, scope="sign-in-code", key=guard.moderator().id)

    account_views.register(account)
    _tell_failures(account)
    return account


def _tell_failures(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(CSRFError, deciding_views.old_form)
    blueprint.register_error_handler(HTTPException, deciding_views.failed)


def _not_found(_error: HTTPException) -> tuple[str, int]:
    return page.notice(_("There is nothing here"), _("The comment may have been erased since.")), 404
