"""The protocols of other services that we speak, one file (or a few of one name) each."""

from flask import Blueprint

from moderation.web.compat.akismet import akismet_blueprint
from moderation.web.compat.coral import coral_blueprint
from moderation.web.compat.document import document_blueprint
from moderation.web.compat.door import Door
from moderation.web.compat.openai import openai_blueprint
from moderation.web.compat.perspective import perspective_blueprint
from moderation.web.compat.wordpress import wordpress_blueprint
from moderation.web.limits import Throttle
from moderation.wiring import Wiring


def compat_blueprints(wiring: Wiring, throttle: Throttle) -> list[Blueprint]:
    """None of them has a session: each call carries its key, so there is nothing for a forged form to ride on."""
    door = Door(wiring, throttle)
    return [
        perspective_blueprint(door), akismet_blueprint(door), openai_blueprint(door), coral_blueprint(door),
        wordpress_blueprint(wiring, throttle), document_blueprint(),
    ]  # fmt: skip
