"""Schemathesis against the running service and its own OpenAPI document, on both databases."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.service import Service

CHECKS = "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance"
CONFIG = """
[generation]
mode = "all"
allow-x00 = true
"""


def _run(service: Service, folder: Path, examples: int) -> str:
    """What schemathesis says; it fails the test itself by its exit code."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG, encoding="utf-8")
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config), "run",
        f"{service.url}/openapi.json", "--phases=examples,coverage,fuzzing", f"--checks={CHECKS}",
        f"--max-examples={examples}", "--seed=20261124", "--no-color", "--continue-on-failure",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent),
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
    }
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return said


def _cases(said: str) -> int:
    generated = re.search(r"(\d+) generated", said)
    assert generated, said[-2000:]
    return int(generated[1])


@pytest.mark.timeout(240, method="signal")
def test_a_few_hundred_generated_requests_find_no_server_error(service: Service, tmp_path: Path) -> None:
    cases = _cases(_run(service, tmp_path, examples=60))
    print(f"\nschemathesis: {cases} cases, none failed")
    assert cases >= 300


@pytest.mark.long
@pytest.mark.timeout(3600, method="signal")
def test_ten_thousand_generated_requests_find_no_server_error(service: Service, tmp_path: Path) -> None:
    cases = _cases(_run(service, tmp_path, examples=3_000))
    print(f"\nschemathesis: {cases} cases, none failed")
    assert cases >= 10_000
