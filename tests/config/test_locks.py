"""The locks: every file hashed, no host named, and the tests run on the very versions that users get."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from moderation.launch.install import ALSO_INSTALLS

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-test.txt")


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.M))


@pytest.mark.parametrize("lock", LOCKS)
def test_each_pin_has_hashes_and_no_host_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(index|extra|find|trusted)", text, re.M)
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]
    assert len(blocks) == len(re.findall(r"^[\w.-]+==", text, re.M)) > 30
    for block in blocks:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_what_the_test_lock_installs_is_what_users_get() -> None:
    assert ALSO_INSTALLS == {"requirements-test.txt": ["requirements.txt"]}
    users, tests = (pins(lock) for lock in LOCKS)
    assert users.items() <= tests.items()


def test_whatever_users_install_is_used() -> None:
    """By an import, or by name where the service starts it as a program or hands it to another library."""
    packages = packages_distributions()
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("config", "models", "moderation", "queue_workers")
        for path in (ROOT / folder).rglob("*.py")
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    unused = []
    for requirement in project["dependencies"]:
        name = _same(re.match(r"[\w.-]+", requirement)[0])  # type: ignore[index]
        modules = [module for module, brought_by in packages.items() if name in map(_same, brought_by)]
        if not any(re.search(rf"^\s*(import|from) {module}\b|[\"'\[+]{module}\b", source, re.M) for module in modules):
            unused.append(name)
    assert not unused


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
