"""restore: bring back what `backup` wrote, into an empty place unless told otherwise."""

import argparse
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from config.env_file import read_env_file
from config.settings import SECRETS_FILE, Settings, data_folder, load_settings
from moderation.commands.backup import DATABASE, MANIFEST
from moderation.launch import data_folder as folders
from moderation.refusal import Refusal
from moderation.storage import backup, migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="written by backup")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    parser.epilog = "Stop the service first. Afterwards `python -m moderation run` starts where the backup ends."


def main(arguments: argparse.Namespace) -> int:
    environ = {**read_env_file(Path(".env")), **os.environ}
    data_dir = data_folder(environ)
    folders.prepare(data_dir)
    with folders.hold(data_dir, "restore"), tempfile.TemporaryDirectory(dir=data_dir) as name:
        folder = Path(name)
        kind = _unpack(arguments.file, folder)
        secrets = read_env_file(folder / SECRETS_FILE)
        settings = load_settings({**environ, **{key: secrets[key] for key in secrets if not environ.get(key)}})
        _check(settings, kind, secrets, force=arguments.force)
        _bring_back(settings, folder)
    total = backup.counts(settings.database_url)
    print(
        f"Restored: {total['comments']:,} comments, {total['decisions']:,} decisions, {total['authors']:,} authors."
    )
    return 0


def _unpack(file: Path, folder: Path) -> str:
    """The kind of database in it, after its hash was compared."""
    try:
        with tarfile.open(file) as archive:
            for name in (MANIFEST, DATABASE, SECRETS_FILE):
                _copy(archive, name, folder / name)
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        with (folder / DATABASE).open("rb") as copy:
            digest = hashlib.file_digest(copy, "sha256").hexdigest()
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise Refusal(f"{file} is no backup, or damaged: {error}") from error
    if digest != manifest["sha256"]:
        raise Refusal(f"{file} is damaged: its database has another hash than its manifest.")
    return str(manifest["kind"])


def _copy(archive: tarfile.TarFile, name: str, target: Path) -> None:
    """Copied, not extracted: what else an archive may hold (links, modes, paths) never reaches the disk."""
    content = archive.extractfile(name) if name in archive.getnames() else None
    if content is not None:
        with content, target.open("wb") as out:
            shutil.copyfileobj(content, out)


def _check(settings: Settings, kind: str, secrets: Mapping[str, str], *, force: bool) -> None:
    if not settings.database_url.startswith(kind):
        raise Refusal(f"The backup is of {kind}; DATABASE_URL is of another kind.", "set DATABASE_URL")
    there = backup.counts(settings.database_url)
    if any(there.values()) and not force:
        raise Refusal(
            f"The database has {there.get('comments', 0):,} comments already; nothing was changed.",
            "restore into an empty place (DATA_DIR, DATABASE_URL), or add --force to replace them",
        )
    own = read_env_file(settings.data_dir / SECRETS_FILE)
    if secrets and own and own != secrets and not force:
        raise Refusal(
            f"{settings.data_dir / SECRETS_FILE} holds other secrets than the backup; nothing was changed.",
            "restore into an empty DATA_DIR, or add --force to replace them (the old file is kept beside it)",
        )


def _bring_back(settings: Settings, folder: Path) -> None:
    try:
        backup.load(settings.database_url, folder / DATABASE)
    except backup.BackupFailed as error:
        raise Refusal(f"The database could not be brought back: {error}") from error
    migrate.upgrade(settings.database_url)
    kept, brought = settings.data_dir / SECRETS_FILE, folder / SECRETS_FILE
    if brought.exists():
        if kept.exists() and kept.read_bytes() != brought.read_bytes():
            kept.replace(kept.with_name(f"{SECRETS_FILE}.{time.strftime('%Y%m%d%H%M%S')}"))
        brought.chmod(0o600)
        brought.replace(kept)
