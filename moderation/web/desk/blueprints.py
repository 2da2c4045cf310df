"""The desk's blueprints: the door, what moderators read, and what they change."""

from flask import Blueprint
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from moderation.web.desk import deciding_views, guard, page, reading_views
from moderation.web.desk.door import door_blueprint
from moderation.web.limits import Throttle
from moderation.wiring import Wiring


def desk_blueprints(wiring: Wiring, throttle: Throttle) -> list[Blueprint]:
    """In this order: `/desk/sign-in` must not be taken for a view."""
    return [door_blueprint(wiring, throttle), _reading(), _changing()]


def _reading() -> Blueprint:
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    desk.before_request(guard.require_moderator)
    desk.before_request(guard.require_own_sites)
    desk.register_error_handler(404, _not_found)
    reading_views.register(desk)
    return desk


def _changing() -> Blueprint:
    changing = Blueprint("desk_change", __name__, url_prefix="/desk")
    changing.before_request(guard.require_moderator)
    changing.before_request(guard.refuse_viewers)
    deciding_views.register(changing)
    changing.register_error_handler(CSRFError, deciding_views.old_form)
    return changing


def _not_found(_error: HTTPException) -> tuple[str, int]:
    return page.notice(_("There is nothing here"), _("The comment may have been erased since.")), 404
