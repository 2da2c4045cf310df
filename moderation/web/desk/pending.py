"""Between the password and the code: who showed the right password, signed, for five minutes."""

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from moderation.services.sign_in import NeedsCode

GOOD_FOR_S = 300


def note(needed: NeedsCode) -> str:
    return _signer("password was right").dumps([needed.moderator_id, needed.proof])


def read(noted: str) -> NeedsCode | None:
    try:
        moderator_id, proof = _signer("password was right").loads(noted, max_age=GOOD_FOR_S)
    except (BadData, ValueError, TypeError):
        return None
    return NeedsCode(str(moderator_id), str(proof))


def note_secret(moderator_id: str, secret: str) -> str:
    """The secret that an app is being given, until the first code shows that it arrived."""
    return _signer("new second factor").dumps([moderator_id, secret])


def read_secret(noted: str, moderator_id: str) -> str | None:
    try:
        whose, secret = _signer("new second factor").loads(noted, max_age=4 * GOOD_FOR_S)
    except (BadData, ValueError, TypeError):
        return None
    return str(secret) if whose == moderator_id else None


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt=purpose)
