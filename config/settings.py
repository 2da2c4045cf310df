"""Every knob, typed, from the environment: read once at the start of a process and passed down.

Nothing else reads the environment. A wrong value names the variable, the value, the bound and
a hint; all wrong variables are named at once, so that one start shows them all.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from config import setting_types as t
from config.env_file import read_env_file

ROOT = Path(__file__).resolve().parent.parent
SECRETS = ("secret_key", "email_keys", "email_hash_key")
PRIVATE = (*SECRETS, "database_url", "redis_url", "oidc_client_secret")
SECRETS_FILE = "secrets.env"


class BadSetting(ValueError):
    """One or more settings are wrong; the message has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _knob(default: Any, must: str, hint: str = "", **bounds: Any) -> Any:
    """A field whose error says what it must be; the hint defaults to "unset it for the default"."""
    return Field(default, validate_default=True, json_schema_extra={"must": must, "hint": hint}, **bounds)


def _secret(must: str, hint: str) -> Any:
    return Field(json_schema_extra={"must": must, "hint": hint}, repr=False)


class Settings(BaseModel):
    """What one process runs on. The variable of a field is its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = _knob("127.0.0.1", "be an address to listen on", min_length=1, pattern=r"^\S+$")
    port: int = _knob(8000, "be a whole number from 1 to 65535", ge=1, le=65535)
    data_dir: t.Folder = _knob(Path("data"), "be a folder")
    database_url: t.DatabaseUrl = _knob(
        "", "start with sqlite:/// or postgresql://", "unset it for SQLite in the data folder", repr=False
    )
    redis_url: t.RedisUrl = _knob(
        None, "start with redis://, rediss:// or unix://", "unset it to use a Redis of our own", repr=False
    )
    public_url: t.WebOrigin = _knob("", "be http:// or https:// and a host, with no path")
    site_key: t.SiteKey = _knob("demo", "be 1 to 40 of a-z, 0-9 and -")
    site_name: str = _knob("Demonstration", "be 1 to 80 characters", min_length=1, max_length=80)
    site_origins: t.Origins = _knob((), "be origins such as https://news.example, with commas between them")
    secret_key: t.Secret = _secret(
        "be at least 32 characters",
        "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
    )
    email_keys: t.FernetKeys = _secret(
        "be keys of 32 bytes in URL-safe base64, with commas between them",
        "make one: python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
    )
    email_hash_key: t.Secret = _secret(
        "be at least 32 characters",
        "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
    )
    demo: bool = _knob(True, "be 1 or 0")
    web_processes: int = _knob(2, "be a whole number from 1 to 64", ge=1, le=64)
    web_threads: int = _knob(8, "be a whole number from 1 to 64", ge=1, le=64)
    live_streams: int = _knob(200, "be a whole number from 0 to 900", ge=0, le=900)
    worker_processes: int = _knob(1, "be a whole number from 0 to 64", ge=0, le=64)
    trusted_proxies: int = _knob(0, "be a whole number from 0 to 8", ge=0, le=8)
    log_level: t.LogLevel = _knob("INFO", "be DEBUG, INFO, WARNING or ERROR")
    model_dir: t.Folder = _knob(ROOT / "models" / "artefacts", "be a folder")
    rate_limit_comments: t.RateLimit = _knob(
        "10/minute;100/hour", "be limits such as 10/minute;100/hour, with semicolons between them"
    )
    rate_limit_sign_in: t.RateLimit = _knob(
        "10/10 minutes;50/day", "be limits such as 10/minute;100/hour, with semicolons between them"
    )
    rate_limit_keys: t.RateLimit = _knob(
        "200/second;5000000/day", "be limits such as 10/minute;100/hour, with semicolons between them"
    )
    feedback_per_key: int = _knob(2000, "be a whole number from 0 to 1000000", ge=0, le=1_000_000)
    perspective_attributes: t.AttributeNames = _knob(
        (), f"be pairs such as SEXUALLY_EXPLICIT=obscene with commas between them; ours are {', '.join(t.SCORES)}"
    )
    perspective_any_language: bool = _knob(False, "be 1 or 0")
    oidc_issuer: t.Issuer | None = _knob(None, "be the https:// address of a provider", "unset it for passwords only")
    oidc_client_id: str = _knob(
        "", "be what the provider calls this service", "or unset OIDC_ISSUER", max_length=300
    )
    oidc_client_secret: str = _knob("", "be what the provider gave", "unset it for a public client", repr=False)
    oidc_name: str = _knob("your organisation", "be 1 to 40 characters", min_length=1, max_length=40)
    oidc_domains: t.Domains = _knob((), "be domains such as news.example, with commas between them")
    oidc_role: t.RoleOfNew = _knob("viewer", "be viewer, moderator or lead")
    oidc_trust_emails: bool = _knob(False, "be 1 or 0")
    redis_key_prefix: str = _knob("moderato", "be 1 to 40 of a-z, A-Z, 0-9, - and _", pattern=r"^[\w-]{1,40}$")

    @field_validator("oidc_client_id")
    @classmethod
    def _named(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("an issuer without a client")
        return value

    @property
    def redis_address(self) -> str:
        """Where Redis is: REDIS_URL, or the socket of the one that `run` starts for this data folder."""
        return self.redis_url or f"unix://{embedded_socket(self.data_dir)}"

    @property
    def metrics_dir(self) -> Path:
        """Where the processes of this machine keep their figures for /metrics."""
        return self.data_dir / "run" / "metrics"

    @property
    def site_heads_dir(self) -> Path:
        """What sites taught: a shelf a site."""
        return self.data_dir / "site-heads"


VARIABLES = {name.upper(): name for name in Settings.model_fields}


def embedded_socket(data_dir: Path) -> Path:
    """Our own Redis's socket: in the data folder, or under the temp folder where that path is too long.

    A Unix socket's path has room for 108 bytes (104 on macOS); the server also needs a few.
    """
    path = data_dir / "run" / "redis.sock"
    if len(os.fsencode(path)) <= 95:
        return path
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"moderato-{os.getuid()}-{mark}" / "redis.sock"


def data_folder(environ: Mapping[str, str]) -> Path:
    """Where the data are, known before everything else is checked."""
    return Path(environ.get("DATA_DIR") or "data").expanduser().absolute()


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process, or `BadSetting` with a line for each wrong variable.

    Without `environ`: a file `.env` in the working folder, overruled by the environment.
    A secret may also stand in the file that `<VARIABLE>_FILE` names, or in the data folder's
    secrets.env, which `python -m moderation run` makes on its first start.
    """
    if environ is None:
        environ = {**read_env_file(Path(".env")), **os.environ}
    values, unreadable = _given(environ)
    _fill_in(values)
    problems = list(unreadable.values())
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_problem(each, values) for each in error.errors() if each["loc"][0] not in unreadable]
    if problems:
        raise BadSetting(problems)
    return settings


def _given(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was set, by field, and the fields whose file cannot be read. An empty value counts as not set."""
    values: dict[str, Any] = {name: environ[key] for key, name in VARIABLES.items() if environ.get(key)}
    unreadable = {}
    for name in PRIVATE:
        path = environ.get(f"{name.upper()}_FILE")
        if path and name not in values:
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                unreadable[name] = f"{name.upper()}_FILE={path} cannot be read: {error.strerror}"
    return values, unreadable


def _fill_in(values: dict[str, Any]) -> None:
    """Defaults that follow from other settings, and the secrets of the data folder."""
    data_dir = data_folder({"DATA_DIR": values.get("data_dir", "")})
    values.setdefault("database_url", f"sqlite:///{data_dir / 'moderato.sqlite3'}")
    port = str(values.get("port", 8000))
    known = port.isdigit() and 0 < int(port) < 65536  # or else one mistake would be told twice
    values.setdefault("public_url", f"http://localhost:{port if known else 8000}")
    kept = read_env_file(data_dir / SECRETS_FILE)
    for name in SECRETS:
        if name not in values and name.upper() in kept:
            values[name] = kept[name.upper()]


def _problem(error: Any, values: Mapping[str, Any]) -> str:
    name = str(error["loc"][0])
    field = Settings.model_fields[name]
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    variable = name.upper()
    if error["type"] == "missing":
        return f"{variable} is not set and must {extra['must']}; {extra['hint']}"
    value = f"({len(str(values.get(name)))} characters)" if name in PRIVATE else f"={values.get(name)}"
    hint = extra["hint"] or f"unset it for the default, {_shown_default(name)}"
    return f"{variable}{value} must {extra['must']}; {hint}"


def _shown_default(name: str) -> str:
    if name == "public_url":
        return "http://localhost:<PORT>"
    default = Settings.model_fields[name].default
    return {True: "1", False: "0", (): "none"}.get(default, str(default))
