"""`python -m moderation …` by its own entrance, without the second that a new process takes to import everything."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from collections.abc import Mapping
from unittest import mock

from moderation.cli import main

Done = subprocess.CompletedProcess[str]


def run_here(environment: Mapping[str, str], *words: object) -> Done:
    """What the command said and returned; it saw this environment and no other."""
    asked, out, told = [*map(str, words)], io.StringIO(), io.StringIO()
    seen = {"PATH": os.environ["PATH"], **environment}
    with (
        mock.patch.dict(os.environ, seen, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(told),
    ):
        try:
            status: object = main(asked)
        except SystemExit as ended:
            status = ended.code
    return subprocess.CompletedProcess(asked, int(str(status)), out.getvalue(), told.getvalue())
