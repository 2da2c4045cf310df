"""Between two steps: who showed the right password, and what a passkey was asked, signed, for five minutes."""

import secrets

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from moderation.services.passkeys import CHALLENGE_BYTES, LONGEST_ANSWER, Answer
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


def new_challenge(purpose: str, moderator_id: str = "") -> tuple[bytes, str]:
    """What a passkey is asked to sign, and the note of it that the form brings back."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    return challenge, _signer(f"passkey: {purpose}").dumps([challenge.hex(), moderator_id])


def read_answer(purpose: str, noted: str, answer: str, moderator_id: str = "") -> Answer | None:
    """What the browser answered to a challenge of ours; None if that was too long ago, or of somebody else."""
    try:
        challenge, whose = _signer(f"passkey: {purpose}").loads(noted, max_age=GOOD_FOR_S)
        asked = bytes.fromhex(challenge)
    except (BadData, ValueError, TypeError):
        return None
    if whose != moderator_id or len(answer) > LONGEST_ANSWER:
        return None
    return Answer(answer, asked)


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt=purpose)
