"""A signed mark of when the form was loaded, for which site; no cookie and no storage.

A token may be used more than once within its life: a reader who writes three comments on a page
loads the form once.
"""

import time
from dataclasses import dataclass
from functools import cache

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner

from moderation.checks.context import Form, Token

LIFETIME_S = 24 * 3600
HONEYPOT = "contact_me_by_fax"


@dataclass(frozen=True)
class FormTokens:
    secret_key: str

    def make(self, site_key: str) -> str:
        return _signer(self.secret_key).sign(site_key).decode("ascii")

    def read(self, token: str, site_key: str, trap: str) -> Form:
        state, age_s = self._state(token, site_key)
        return Form(trap_filled=bool(trap.strip()), token=state, age_s=age_s)

    def _state(self, token: str, site_key: str) -> tuple[Token, float | None]:
        if not token:
            return "missing", None
        try:
            value, made_at = _signer(self.secret_key).unsign(token, max_age=LIFETIME_S, return_timestamp=True)
        except (SignatureExpired, BadSignature):
            return "bad", None
        if value.decode("ascii", "replace") != site_key:
            return "bad", None
        return "ok", max(0.0, time.time() - made_at.timestamp())


@cache
def _signer(secret_key: str) -> TimestampSigner:
    return TimestampSigner(secret_key, salt="form")
