"""A real WordPress over SQLite under PHP's own server, with the real Akismet plugin and our must-use plugin.

WordPress and its SQLite driver come from an npm package, the Akismet plugin from Debian's wordpress package; neither is
kept here. Both stay in .peers/ once fetched.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.compat.peers.install import PEERS
from tests.support.processes import answers, free_port, stop_tree, wait_until
from tests.support.service import ROOT

BUILDS = "@wp-playground/wordpress-builds@0.9.19"
PLUGIN = ROOT / "integrations" / "wordpress" / "moderato-akismet.php"
ACTIVE = 'a:1:{i:0;s:19:"akismet/akismet.php";}'
INSIDE = "package/src/{}"
WORDPRESS, DRIVER = "wordpress/wp-6.5.zip", "sqlite-database-integration/sqlite-database-integration.zip"


@dataclass(frozen=True)
class WordPress:
    url: str
    database: Path

    def rows(self, statement: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.database)) as conn:
            return conn.execute(statement).fetchall()

    def export(self) -> bytes:
        """What Tools, Export gives for "All content"."""
        root = self.database.parents[2]
        script = (
            f"define('WP_USE_THEMES', false); require '{root}/wp-load.php';"
            "require_once ABSPATH . 'wp-admin/includes/export.php'; export_wp();"
        )
        done = subprocess.run(["php", "-r", script], cwd=root, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def change_option(self, name: str, value: str) -> None:
        with closing(sqlite3.connect(self.database)) as conn:
            conn.execute("UPDATE wp_options SET option_value = ? WHERE option_name = ?", (value, name))
            conn.commit()


@contextmanager
def running_wordpress(folder: Path, *, service_url: str, key: str) -> Iterator[WordPress]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database = _assemble(folder, url, service_url, key)
    with (folder / "php.log").open("wb") as log:
        php = subprocess.Popen(
            ["php", "-S", f"127.0.0.1:{port}", "-t", str(folder)], stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": "3"},
        )  # fmt: skip
    try:
        wait_until(lambda: answers(port), within_s=30, what="PHP's start")
        yield WordPress(url, database)
    finally:
        stop_tree(php)


def _assemble(folder: Path, url: str, service_url: str, key: str) -> Path:
    builds, akismet = _fetched()
    _unzip(builds / INSIDE.format(WORDPRESS), folder)
    content = folder / "wp-content"
    _unzip(builds / INSIDE.format(DRIVER), content / "plugins")
    driver = next(path.parent for path in (content / "plugins").glob("*/db.copy"))
    copied = (driver / "db.copy").read_text(encoding="utf-8")
    where = f"'{driver}'"
    (content / "db.php").write_text(copied.replace("'{SQLITE_IMPLEMENTATION_FOLDER_PATH}'", where), encoding="utf-8")
    shutil.copytree(akismet, content / "plugins" / "akismet")
    must_use = content / "mu-plugins"
    must_use.mkdir(exist_ok=True)
    shutil.copy(PLUGIN, must_use)
    # Its 15 seconds between two comments of one address are not what is looked at here.
    (must_use / "hurry.php").write_text("<?php add_filter('comment_flood_filter', '__return_false', 99);\n")
    config = folder / "wp-config.php"
    defined = {"MODERATO_URL": service_url, "WPCOM_API_KEY": key, "WP_HOME": url, "WP_SITEURL": url}
    lines = "".join(f"define('{name}', '{value}');" for name, value in defined.items())
    config.write_text(
        re.sub(r"^<\?php", f"<?php {lines} define('DISABLE_WP_CRON', true);", config.read_text("utf-8"), count=1),
        encoding="utf-8",
    )
    database = content / "database" / ".ht.sqlite"
    with closing(sqlite3.connect(database)) as conn:
        for name, value in (("active_plugins", ACTIVE), ("comment_previously_approved", "0")):
            conn.execute("UPDATE wp_options SET option_value = ? WHERE option_name = ?", (value, name))
        conn.commit()
    return database


def _fetched() -> tuple[Path, Path]:
    """(the unpacked npm package, the Akismet plugin's folder); skips where they cannot be had."""
    if shutil.which("php") is None or b"pdo_sqlite" not in subprocess.run(["php", "-m"], capture_output=True).stdout:
        pytest.skip("no PHP with SQLite here: apt-get install php-cli php-sqlite3 php-xml php-mbstring php-curl")
    if not all(map(shutil.which, ("npm", "apt-get", "dpkg-deb"))):
        pytest.skip("npm, apt-get and dpkg-deb are needed to fetch WordPress and the Akismet plugin")
    target = PEERS / "wordpress"
    builds, debian = target / "builds", target / "debian"
    if not (target / "done").exists():
        shutil.rmtree(target, ignore_errors=True)
        for folder in (builds, debian):
            folder.mkdir(parents=True)
        _do(["npm", "pack", BUILDS], builds)
        with tarfile.open(next(builds.glob("*.tgz"))) as archive:
            for name in (WORDPRESS, DRIVER):
                archive.extract(INSIDE.format(name), builds, filter="data")
        _do(["apt-get", "download", "wordpress"], debian)
        _do(["dpkg-deb", "-x", next(debian.glob("*.deb")).name, "."], debian)
        (target / "done").touch()
    return builds, debian / "usr" / "share" / "wordpress" / "wp-content" / "plugins" / "akismet"


def _do(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        pytest.skip(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-200:]}")


def _unzip(file: Path, into: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        archive.extractall(into)
