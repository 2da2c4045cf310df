"""The protocols of other services that we speak, one file (or a few of one name) each."""

from flask import Blueprint

from moderation.web.compat.akismet import akismet_blueprint
from moderation.web.compat.coral import coral_blueprint
from moderation.web.compat.document import document_blueprint
from moderation.web.compat.door import Door
from moderation.web.compat.openai import openai_blueprint
from moderation.web.compat.perspective import Perspective, perspective_blueprint
from moderation.web.compat.wordpress import wordpress_blueprint
from moderation.web.limits import Throttle
from moderation.wiring import Wiring


class Compat:
    """None of them has a session: each call carries its key, so there is nothing for a forged form to ride on."""

    def __init__(self, wiring: Wiring, throttle: Throttle) -> None:
        door = Door(wiring, throttle)
        self.perspective = Perspective(door)
        self.blueprints: list[Blueprint] = [
            perspective_blueprint(self.perspective), akismet_blueprint(door), openai_blueprint(door),
            coral_blueprint(door), wordpress_blueprint(wiring, throttle), document_blueprint(),
        ]  # fmt: skip
