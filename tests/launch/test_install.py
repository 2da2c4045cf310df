"""The installation that `make` does first: once a lock, and never half."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.launch import install


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(install, "ROOT", folder)
        patch.setattr(install, "VENV", folder / ".venv")
        yield folder


def test_a_lock_is_installed_once_and_again_only_when_it_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "requirements.txt").write_text("# nothing is needed\n")
    assert install.install("requirements.txt") == 0
    assert "Making .venv" in capsys.readouterr().out
    assert (project / ".venv" / "bin" / "python").exists()

    monkeypatch.setattr(install, "_pip", lambda lock: pytest.fail("installed again"))
    assert install.install("requirements.txt") == 0
    assert capsys.readouterr().out == ""

    installed: list[Path] = []
    monkeypatch.setattr(install, "_pip", lambda lock: bool(installed.append(lock)) or True)
    (project / "requirements.txt").write_text("# still nothing\n")
    assert install.install("requirements.txt") == 0
    assert installed == [project / "requirements.txt"]


def test_a_file_without_its_hash_is_not_installed_and_is_tried_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "requirements.txt").write_text("six==1.17.0\n")
    for _ in range(2):
        assert install.install("requirements.txt") == 1
        assert "hash" in capsys.readouterr().err.lower()
