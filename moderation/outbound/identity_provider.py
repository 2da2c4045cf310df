"""An OpenID Connect provider: where to send somebody who signs in, and who came back.

The authorization code flow with PKCE, state and nonce. What the provider says is believed only with a signature by its
own keys, for this client, of this attempt, within its time. Its addresses and keys are kept for ten minutes.
"""

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

ASKED_FOR_S = 5.0
KEPT_S = 600.0
KEYS_ASKED_AGAIN_AFTER_S = 30.0
LEEWAY_S = 60
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]


class ProviderAway(Exception):
    """It did not answer, or not as a provider does."""


class NotBelieved(Exception):
    """What came back does not prove who this is."""


@dataclass(frozen=True, slots=True)
class Identity:
    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the browser keeps between leaving and coming back."""

    state: str
    nonce: str
    verifier: str


@dataclass
class IdentityProvider:
    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    _known: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self) -> tuple[str, Attempt]:
        """The address to send the browser to, and what it must bring back."""
        from authlib.common.security import generate_token

        endpoint = self._metadata()["authorization_endpoint"]
        nonce, verifier = generate_token(32), generate_token(64)
        with self._session() as session:
            address, state = session.create_authorization_url(endpoint, nonce=nonce, code_verifier=verifier)
        return address, Attempt(state, nonce, verifier)

    def end(self, attempt: Attempt, code: str) -> Identity:
        """Who came back with this code. Raises ProviderAway or NotBelieved."""
        from authlib.integrations.base_client.errors import OAuthError
        from requests import RequestException

        try:
            with self._session() as session:
                token = session.fetch_token(
                    self._metadata()["token_endpoint"], grant_type="authorization_code", code=code,
                    code_verifier=attempt.verifier, timeout=ASKED_FOR_S,
                )  # fmt: skip
        except OAuthError as error:
            raise NotBelieved(str(error.error)) from error
        except (RequestException, ValueError, KeyError) as error:
            raise ProviderAway from error
        return self._believed(token, attempt.nonce)

    def _believed(self, token: Any, nonce: str) -> Identity:
        claims = self._claims(token, nonce)
        subject, issuer = str(claims["sub"]), str(claims["iss"])
        about = dict(claims)
        if not about.get("email"):
            about = self._asked_about(token, subject)
        return Identity(
            issuer=issuer, subject=subject[:255], email=str(about.get("email") or "")[:254],
            email_verified=about.get("email_verified") is True, name=str(about.get("name") or "")[:80],
        )  # fmt: skip

    def _claims(self, token: Any, nonce: str) -> Any:
        """What the token says, if the provider signed it now, for us and for this attempt."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import InvalidKeyIdError, JoseError

        try:
            try:
                read = self._read(token["id_token"], self._keys())
            except InvalidKeyIdError:
                read = self._read(token["id_token"], self._keys(anew=True))
            expected = {
                "iss": {"essential": True, "value": self._metadata()["issuer"]},
                "aud": {"essential": True, "value": self.client_id},
            }
            given = {"nonce": nonce, "client_id": self.client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(read.claims, read.header, expected, given)
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
            raise NotBelieved(type(error).__name__) from error
        return claims

    def _asked_about(self, token: Any, subject: str) -> dict[str, Any]:
        """Some providers tell the address only on a second question."""
        import requests

        address = self._metadata().get("userinfo_endpoint")
        if not isinstance(address, str) or not token.get("access_token"):
            return {}
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        try:
            found = requests.get(address, headers=bearer, timeout=ASKED_FOR_S, allow_redirects=False).json()
        except (requests.RequestException, ValueError) as error:
            raise ProviderAway from error
        return found if isinstance(found, dict) and found.get("sub") == subject else {}

    @staticmethod
    def _read(id_token: str, keys: Any) -> Any:
        from joserfc import jwt
        from joserfc.jws import JWSRegistry

        return jwt.decode(id_token, keys, registry=JWSRegistry(algorithms=SIGNATURES, strict_check_header=False))

    def _metadata(self) -> Any:
        found = self._fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in wanted):
            raise ProviderAway("no configuration")
        if found["issuer"].rstrip("/") != self.issuer.rstrip("/"):
            raise ProviderAway("another issuer")
        return found

    def _keys(self, *, anew: bool = False) -> Any:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        found = self._fetched(self._metadata()["jwks_uri"], KEYS_ASKED_AGAIN_AFTER_S if anew else KEPT_S)
        try:
            return KeySet.import_key_set(found)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderAway("no keys") from error

    def _fetched(self, address: str, kept_s: float = KEPT_S) -> Any:
        import requests

        now = time.monotonic()
        with self._lock:
            at, known = self._known.get(address, (-KEPT_S, None))
        if known is not None and now - at < kept_s:
            return known
        try:
            answer = requests.get(address, timeout=ASKED_FOR_S, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise ProviderAway from error
        with self._lock:
            self._known[address] = (now, found)
        return found

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self.client_id, self.client_secret or None, scope="openid email profile",
            redirect_uri=self.redirect_uri, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self.client_secret else "none",
        )  # fmt: skip
