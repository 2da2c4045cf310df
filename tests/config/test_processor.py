"""numpy is told in time which instructions to leave alone, and only where they are slow."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from config.processor import suit_numpy
from tests.support import settings
from tests.support.service import ROOT

ZEN = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 avx512f avx512dq\n"


@pytest.mark.parametrize(
    ("told", "says"),
    [(ZEN, True), (ZEN.replace("avx512f ", ""), False), (ZEN.replace("Authentic", "Genuine"), False), ("", False)],
)
def test_wide_instructions_are_left_alone_where_they_are_slow(tmp_path: Path, told: str, says: bool) -> None:
    (tmp_path / "cpuinfo").write_text(told, encoding="ascii")
    environ: dict[str, str] = {}
    suit_numpy(environ, tmp_path / "cpuinfo")
    assert ("NPY_DISABLE_CPU_FEATURES" in environ) is says


def test_who_chose_otherwise_keeps_the_choice_and_no_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(ZEN, encoding="ascii")
    environ = {"NPY_DISABLE_CPU_FEATURES": "X86_V3"}
    suit_numpy(environ, tmp_path / "cpuinfo")
    suit_numpy(environ, tmp_path / "missing")
    assert environ == {"NPY_DISABLE_CPU_FEATURES": "X86_V3"}


@pytest.mark.parametrize("begins", ["runpy.run_path('config/gunicorn.conf.py')", "import queue_workers.__main__"])
def test_numpy_is_imported_only_after_it_was_told(begins: str, tmp_path: Path) -> None:
    code = f"import runpy, sys; {begins}; sys.exit('numpy' in sys.modules)"
    environ = {**os.environ, **settings.environment("sqlite:///nowhere", "redis://127.0.0.1:1", tmp_path)}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, check=False).returncode == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the names are of x86-64")
def test_numpy_knows_the_names(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    (tmp_path / "cpuinfo").write_text(ZEN, encoding="ascii")
    suit_numpy(environ, tmp_path / "cpuinfo")
    code = "import numpy; numpy.sort(numpy.arange(9))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], env={**os.environ, **environ}, check=False,
                         capture_output=True, text=True)  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
