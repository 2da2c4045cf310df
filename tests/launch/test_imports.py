"""What a start costs: the processes that serve import no library that only learning needs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("moderation.web.app", {"sklearn", "scipy", "rq.worker", "datasketch", "webauthn", "authlib", "requests"}),
        ("moderation.cli", {"sqlalchemy", "flask", "numpy"}),
        ("moderation.launch.run", {"sqlalchemy", "flask", "numpy", "redis"}),
        ("moderation.commands.init_db", {"flask", "numpy", "redis"}),
        ("queue_workers.worker", {"sklearn"}),
        ("queue_workers.clock", {"sklearn"}),
    ],
)
def test_a_process_imports_only_what_it_serves_with(module: str, without: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert without & set(done.stdout.split()) == set()
