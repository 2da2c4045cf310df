"""The kinds of values that settings have: how each is read from text and when it is wrong."""

import base64
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints

_PERIOD = r"(?:second|minute|hour|day)s?"
_LIMIT = re.compile(rf"\s*[1-9]\d*\s*/\s*(?:[1-9]\d*\s*)?{_PERIOD}\s*")

_ATTRIBUTE = re.compile(r"[A-Z][A-Z_]{0,59}")
SCORES = (
    "toxicity", "severe_toxicity", "obscene", "insult", "threat", "identity_attack", "spam", "p_reject",
)  # fmt: skip


def _folder(path: Path) -> Path:
    return path.expanduser().absolute()


def _listed(value: Any) -> Any:
    return tuple(re.split(r"[,\s]+", value.strip(", \n\t"))) if isinstance(value, str) else value


def _web_origin(value: str) -> str:
    parts = urlsplit(value)
    port = parts.port  # raises ValueError when it is no number
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("no origin")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "*" in value:
        raise ValueError("more than an origin")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, standard) else "")


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_web_origin(value) for value in values)


def _database_url(value: str) -> str:
    """SQLAlchemy's spelling: hosts hand out postgres:// and postgresql://, the driver is psycopg 3."""
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("sqlite", "postgres", "postgresql", "postgresql+psycopg"):
        raise ValueError("no database we know")
    return value if scheme == "sqlite" else f"postgresql+psycopg://{rest}"


def _redis_url(value: str | None) -> str | None:
    if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("no Redis URL")
    return value


def _long_enough(value: str) -> str:
    if len(value) < 32:
        raise ValueError("too short")
    return value


def _fernet_keys(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or any(len(base64.urlsafe_b64decode(value)) != 32 for value in values):
        raise ValueError("no Fernet key")
    return values


def _rate_limit(value: str) -> str:
    if not all(_LIMIT.fullmatch(part) for part in value.split(";")):
        raise ValueError("no rate limit")
    return value


def _attribute_names(value: Any) -> Any:
    """NAME=score pairs: which of our scores answers for a name that another service gives its own."""
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=")[::2] for pair in _listed(value)]
    if any(not _ATTRIBUTE.fullmatch(name) or score not in SCORES for name, score in pairs):
        raise ValueError("no name=score pairs")
    return tuple(pairs)


def _issuer(value: str) -> str:
    """https, or on this very machine anything: what comes from there decides who signs in."""
    parts = urlsplit(value)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ValueError("no https")
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("no issuer")
    return value


def _domains(values: tuple[str, ...]) -> tuple[str, ...]:
    folded = tuple(value.strip().casefold().removeprefix("@") for value in values)
    if any(not re.fullmatch(r"[a-z0-9.-]+\.[a-z0-9-]+", value) for value in folded):
        raise ValueError("no domain")
    return folded


def _log_level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("no log level")
    return value.upper()


Folder = Annotated[Path, AfterValidator(_folder)]
WebOrigin = Annotated[str, AfterValidator(_web_origin)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_origins)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
RedisUrl = Annotated[str | None, AfterValidator(_redis_url)]
Secret = Annotated[str, AfterValidator(_long_enough)]
FernetKeys = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_fernet_keys)]
RateLimit = Annotated[str, AfterValidator(_rate_limit)]
SiteKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
AttributeNames = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_attribute_names)]
Issuer = Annotated[str, AfterValidator(_issuer)]
Domains = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_domains)]
RoleOfNew = Annotated[str, StringConstraints(pattern=r"^(viewer|moderator|lead)$")]
LogLevel = Annotated[str, AfterValidator(_log_level)]
