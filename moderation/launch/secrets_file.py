"""The secrets of an installation: made once, kept in the data folder for this user alone."""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from config.env_file import read_env_file
from config.settings import SECRETS, SECRETS_FILE, data_folder
from moderation.refusal import Refusal

_HEADER = "# Made on the first start. Back it up with the database: without it, stored addresses cannot be read.\n"


def missing(environ: Mapping[str, str]) -> dict[str, str]:
    """Fresh values for the secrets that neither the environment nor the data folder has."""
    kept = read_env_file(data_folder(environ) / SECRETS_FILE)
    wanted = [name.upper() for name in SECRETS]
    return {
        name: _fresh(name)
        for name in wanted
        if not (environ.get(name) or environ.get(f"{name}_FILE") or kept.get(name))
    }


def keep(data_dir: Path, fresh: Mapping[str, str]) -> None:
    """Add them to the folder's file. Refused where a database stands that they would not fit."""
    if not fresh:
        return
    path = data_dir / SECRETS_FILE
    if (data_dir / "moderato.sqlite3").exists():
        raise Refusal(
            f"{data_dir} has a database but no {', '.join(fresh)}: new ones could not read its addresses.",
            f"put {path} back from your backup, or set them in the environment",
        )
    text = path.read_text(encoding="utf-8") if path.exists() else _HEADER
    text += "".join(f"{name}={value}\n" for name, value in fresh.items())
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _fresh(name: str) -> str:
    if name == "EMAIL_KEYS":
        return base64.urlsafe_b64encode(os.urandom(32)).decode("ascii")
    return secrets.token_urlsafe(48)
