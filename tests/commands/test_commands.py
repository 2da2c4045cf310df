"""The small commands, as an operator types them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.cli import COMMANDS, main
from tests.support import settings as test_settings
from tests.support.commands import Done, run_here

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Done]


@pytest.fixture
def run(redis_url: str, sqlite_url: str, tmp_path: Path) -> Run:
    def command(*words: str, **more: str) -> Done:
        return run_here({**test_settings.environment(sqlite_url, redis_url, tmp_path), **more}, *words)

    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"python -m moderation {name}" in capsys.readouterr().out


def test_wrong_settings_are_listed_without_a_traceback(tmp_path: Path) -> None:
    environment = {**test_settings.environment("", "", tmp_path), "PORT": "many", "LOG_LEVEL": "LOUD"}
    done = subprocess.run(
        [sys.executable, "-m", "moderation", "init-db"], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "PORT=many must be" in done.stderr
    assert "LOG_LEVEL=LOUD must be" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_moderator_is_added_once_and_can_get_a_new_link(run: Run) -> None:
    added = run("add-moderator", "Mo@News.example", "--name", "Mo")
    assert added.returncode == 0, added.stderr
    assert "http://localhost:8000/desk/" in added.stdout
    again = run("add-moderator", "mo@news.example", "--name", "Mo")
    assert again.returncode == 2
    assert "sign-in-link" in again.stderr
    link = run("sign-in-link", "mo@news.example")
    assert link.returncode == 0
    assert link.stdout.strip() not in added.stdout
    assert run("sign-in-link", "nobody@news.example").returncode == 2


def test_a_site_is_added_and_its_embed_code_printed(run: Run) -> None:
    added = run("add-site", "gazette", "--name", "Gazette", "--origin", "https://news.example")
    assert added.returncode == 0, added.stderr
    assert 'data-site="gazette"' in added.stdout
    for words in (["My Site"], ["gazette", "--origin", "https://news.example/path"]):
        assert run("add-site", *words, "--name", "G").returncode == 2


def test_init_db_may_be_repeated(run: Run, database_url: str) -> None:
    for _ in range(2):
        done = run("init-db", DATABASE_URL=database_url)
        assert (done.returncode, done.stderr) == (0, "")
