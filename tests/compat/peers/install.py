"""Other people's clients, each as its registry has it, in an environment of its own under .peers/."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.service import ROOT

PEERS = ROOT / ".peers"
PATIENCE_S = 600


def python_with(name: str, *packages: str) -> Path:
    """The interpreter of a virtual environment that holds these packages."""
    folder = _folder(name, packages)
    interpreter = folder / "bin" / "python"
    if not (folder / "done").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(interpreter), "-m", "pip", "install", "--quiet", *packages])
        (folder / "done").touch()
    return interpreter


def node_with(name: str, *packages: str) -> Path:
    """A folder whose node_modules holds these packages; skips where there is no Node.js."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js on this machine: apt-get install nodejs npm, and these clients run too")
    folder = _folder(name, packages)
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        _run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages], folder)
        (folder / "done").touch()
    return folder


def _folder(name: str, packages: tuple[str, ...]) -> Path:
    mark = hashlib.sha256(" ".join((sys.version, *packages)).encode()).hexdigest()[:8]
    return PEERS / f"{name}-{mark}"


def _run(command: list[str], folder: Path | None = None) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=os.environ
    )
    assert done.returncode == 0, f"{' '.join(command[:4])} …\n{(done.stdout + done.stderr)[-2000:]}"
