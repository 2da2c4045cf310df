"""import and export, as an operator types them."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.cli import main
from moderation.storage import backup
from tests.services import moving_files as files
from tests.support import settings as test_settings
from tests.support.commands import Done, run_here

Run = Callable[..., Done]


@pytest.fixture
def run(redis_url: str, sqlite_url: str, tmp_path: Path) -> Run:
    def command(*words: object) -> Done:
        return run_here(test_settings.environment(sqlite_url, redis_url, tmp_path), *words)

    return command


@pytest.fixture
def wordpress(tmp_path: Path) -> Path:
    comments = [files.wxr_comment(1, "A secret word."), files.wxr_comment(2, type="pingback")]
    return files.wxr(tmp_path / "wordpress.xml", files.wxr_item(comments, link="http://other.test/a"))


def test_in_and_out_again(run: Run, wordpress: Path, sqlite_url: str, tmp_path: Path) -> None:
    done = run("import", wordpress, "--format", "wxr", "--site", "demo")
    assert done.returncode == 0, done.stderr
    assert "a pingback or trackback           1  such as 2" in done.stdout
    assert "--origin http://other.test" in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert "@" not in done.stdout + done.stderr
    again = run("import", wordpress, "--format", "wxr", "--site", "demo")
    assert "here already" in again.stdout
    assert backup.counts(sqlite_url)["comments"] == 1
    out = tmp_path / "out.jsonl.gz"
    told = run("export", out, "--site", "demo")
    assert told.returncode == 0, told.stderr
    assert "1 comments, without email addresses." in told.stdout
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".*.part"))
    back = run("import", out, "--format", "moderato", "--site", "demo")
    assert back.returncode == 0, back.stderr
    assert backup.counts(sqlite_url)["comments"] == 1
    assert run("export", tmp_path / "out.xml.xz", "--site", "demo", "--format", "wxr").returncode == 0
    read = run("import", tmp_path / "out.xml.xz", "--format", "wxr", "--site", "demo")
    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import", "nowhere.xml", "--format", "wxr", "--site", "demo"), "nowhere.xml is no file"),
        (("import", "{broken}", "--format", "wxr", "--site", "demo"), "line 2, column 1"),
        (("import", "{broken}", "--format", "wxr", "--site", "nobody"), "There is no site nobody"),
        (("import", "{broken}", "--format", "isso", "--site", "demo"), "--base-url"),
        (("import", "{broken}", "--format", "isso", "--site", "demo", "--base-url", "news"), "--base-url news"),
        (("export", "{broken}", "--site", "demo"), "is there already"),
        (("export", "{folder}/a/b.jsonl", "--site", "demo"), "cannot be written"),
        (("export", "{folder}/b.jsonl", "--site", "nobody"), "There is no site nobody"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    sqlite_url: str, redis_url: str, tmp_path: Path, words: tuple[str, ...], told: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    broken = tmp_path / "broken.xml"
    broken.write_text("<rss>\n")
    for name, value in test_settings.environment(sqlite_url, redis_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    assert main([word.format(broken=broken, folder=tmp_path) for word in words]) == 2
    assert told in capsys.readouterr().err
