"""A job that nothing can interrupt ends its process, and three of those end the comment's second look."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moderation.services import look_again
from tests.services.looking import finding, held, looks, make_due, waiting, work
from tests.support import settings as test_settings
from tests.support.service import ROOT

if TYPE_CHECKING:
    from moderation.wiring import Wiring

# What hangs in C code hears no signal; blocking the job's own alarm comes to the same.
HANGING_WORKER = """
import signal, time
from moderation.services import floods
from queue_workers import process, worker

def hang(*_):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    time.sleep(60)

floods.find = hang
worker.HANGS_AFTER_S = 0.5
worker.main(process.wired())
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_comment_that_hangs_the_worker_is_given_up_after_three_deaths(wiring: Wiring, tmp_path: Path) -> None:
    comment_id = held(wiring)
    wiring.queue.close()
    settings = wiring.settings
    environment = test_settings.environment(settings.database_url, settings.redis_address, tmp_path)
    for death in (1, 2, 3):
        wiring.queue.hand_over([comment_id])
        ended = subprocess.run(
            [sys.executable, "-c", HANGING_WORKER], cwd=ROOT, timeout=30, capture_output=True, check=False,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
        assert ended.returncode == 1
        assert b"in hang" in ended.stderr, "the operator sees where"
        assert work(wiring, comment_id).attempts == death
        make_due(wiring)
    assert look_again.run(wiring, [comment_id]) == {"pending": 1}
    assert finding(looks(wiring, comment_id)[-1], "check_failed")["attempts"] == 4
    assert waiting(wiring) == 0
