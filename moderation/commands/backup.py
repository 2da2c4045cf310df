"""backup: one file with the database and the secrets that read it, taken while everything runs."""

import argparse
import hashlib
import json
import os
import tarfile
import tempfile
import time
from pathlib import Path

from config.settings import SECRETS_FILE, Settings, load_settings
from moderation.refusal import Refusal
from moderation.storage import backup

DATABASE, MANIFEST = "database", "manifest.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="to write; it must not exist (…tar.gz)")
    parser.epilog = (
        "The file holds readers' comments and, where the data folder has them, the keys to their addresses: "
        "keep it as safe as the service itself."
    )


def main(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    if arguments.file.exists():
        raise Refusal(f"{arguments.file} is there already.", "choose another name")
    with tempfile.TemporaryDirectory(dir=arguments.file.absolute().parent, prefix=".backup-") as folder:
        copy = Path(folder) / DATABASE
        try:
            backup.dump(settings.database_url, copy)
        except backup.BackupFailed as error:
            raise Refusal(f"The database could not be copied: {error}") from error
        draft = Path(folder) / "draft"
        _pack(settings, copy, draft)
        draft.replace(arguments.file)
    secrets = (settings.data_dir / SECRETS_FILE).exists()
    print(f"{arguments.file}: {arguments.file.stat().st_size / 1e6:.1f} MB", end=", ")
    print("database and secrets." if secrets else "database only: the secrets come from your environment.")
    return 0


def _pack(settings: Settings, copy: Path, target: Path) -> None:
    kind = settings.database_url.partition(":")[0].partition("+")[0]
    manifest = copy.with_name(MANIFEST)
    with copy.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    manifest.write_text(json.dumps({"kind": kind, "sha256": digest, "made_at": made}), encoding="utf-8")
    secrets = settings.data_dir / SECRETS_FILE
    number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as out, tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as archive:
        archive.add(manifest, MANIFEST)
        archive.add(copy, DATABASE)
        if secrets.exists():
            archive.add(secrets, SECRETS_FILE)
