"""Private links by which an author follows a comment: the comment's id, signed; nothing to guess."""

from functools import cache

from itsdangerous import BadSignature, Signer

from moderation.storage.ids import is_id


class StatusLinks:
    def __init__(self, secret_key: str, public_url: str) -> None:
        self._signer = _signer(secret_key)
        self._public_url = public_url.rstrip("/")

    def url(self, comment_id: str) -> str:
        return f"{self._public_url}/status/{self.token(comment_id)}"

    def token(self, comment_id: str) -> str:
        return self._signer.sign(comment_id).decode("ascii")

    def comment_id(self, token: str) -> str | None:
        try:
            value = self._signer.unsign(token).decode("ascii")
        except (BadSignature, UnicodeError):
            return None
        return value if is_id(value) else None


@cache
def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="status", sep=".")
