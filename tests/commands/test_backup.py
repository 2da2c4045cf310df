"""A restore drill: what was backed up while the service ran is there again, in an empty place, to the last row."""

import json
import os
import shutil
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.services import first_moderator, seal_log, seed_demo, verify_log
from moderation.storage import backup
from moderation.wiring import Wiring, build
from tests.support import settings as test_settings
from tests.support.commands import Done, run_here
from tests.support.databases import Databases

Run = Callable[..., Done]


@pytest.fixture
def run(redis_url: str) -> Run:
    def command(database_url: str, data_dir: Path, *words: object) -> Done:
        environment = test_settings.environment(database_url, redis_url, data_dir)
        if database_url.startswith("postgresql"):
            environment["PATH"] = _path_with_pg_dump()
        return run_here(environment, *words)

    return command


def _path_with_pg_dump() -> str:
    """PostgreSQL's own tools, of the version that the tests' server has."""
    from tests.support.postgres import _tools

    return f"{_tools()}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def lived_in(wiring: Wiring) -> Wiring:
    """A service with some forty comments, their decisions and a moderator."""
    seed_demo.seed(wiring)
    seal_log.run(wiring)
    first_moderator.sign_in_link(wiring)
    return wiring


def test_what_was_backed_up_is_there_again(
    lived_in: Wiring, run: Run, new_databases: Databases, tmp_path: Path
) -> None:
    url = lived_in.settings.database_url
    (lived_in.settings.data_dir / "secrets.env").write_text("SECRET_KEY=" + "k" * 40 + "\n")
    file = tmp_path / "moderato.tar.gz"
    done = run(url, lived_in.settings.data_dir, "backup", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    elsewhere, empty = tmp_path / "elsewhere", new_databases.empty(url.partition(":")[0].partition("+")[0])
    done = run(empty, elsewhere, "restore", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "decisions" in done.stdout
    assert backup.counts(empty) == backup.counts(url)
    assert backup.counts(empty)["comments"] > 30
    assert stat.S_IMODE((elsewhere / "secrets.env").stat().st_mode) == 0o600

    again = build(test_settings.load(empty, "redis://127.0.0.1:1/0", elsewhere))
    assert seed_demo.seed(again) == 0  # every comment is known by its key
    verified = verify_log.verify(again)
    assert verified.events > 30 and verified.faults == []
    again.close()


def test_a_place_with_data_is_left_alone_unless_forced(lived_in: Wiring, run: Run, tmp_path: Path) -> None:
    url, folder = lived_in.settings.database_url, lived_in.settings.data_dir
    file = tmp_path / "moderato.tar.gz"
    assert run(url, folder, "backup", file).returncode == 0
    before = backup.counts(url)
    first_moderator.sign_in_link(lived_in)
    changed = backup.counts(url)
    assert changed != before
    lived_in.database.close()

    refused = run(url, folder, "restore", file)
    assert refused.returncode == 2
    assert "nothing was changed" in refused.stderr
    assert backup.counts(url) == changed
    forced = run(url, folder, "restore", file, "--force")
    assert (forced.returncode, forced.stderr) == (0, "")
    assert backup.counts(url) == before


def test_a_damaged_backup_is_refused(lived_in: Wiring, run: Run, tmp_path: Path) -> None:
    url, folder = lived_in.settings.database_url, lived_in.settings.data_dir
    file, other = tmp_path / "moderato.tar.gz", tmp_path / "other"
    assert run(url, folder, "backup", file).returncode == 0
    with tarfile.open(file) as archive:
        other.mkdir()
        for name in archive.getnames():
            content = archive.extractfile(name)
            assert content is not None
            (other / name).write_bytes(content.read())
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**manifest, "sha256": "0" * 64}))
    forged = tmp_path / "forged.tar.gz"
    with tarfile.open(forged, "w:gz") as archive:
        for path in other.iterdir():
            archive.add(path, path.name)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[:-2000])
    shutil.copyfile(__file__, tmp_path / "nonsense.tar.gz")
    for wrong in (forged, cut, tmp_path / "nonsense.tar.gz", tmp_path / "missing.tar.gz"):
        refused = run(url, folder, "restore", wrong, "--force")
        assert refused.returncode == 2, wrong
        assert "damaged" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_backup_is_never_written_over(sqlite_url: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("kept")
    assert "is there already" in run(sqlite_url, tmp_path / "data", "backup", tmp_path / "there").stderr
    assert (tmp_path / "there").read_text() == "kept"


def test_without_pg_dump_the_way_out_is_told(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backup.BackupFailed, match="pg_dump is not on PATH"):
        backup.dump("postgresql+psycopg://u@127.0.0.1/none", tmp_path / "copy")
