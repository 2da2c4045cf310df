"""`python -m queue_workers worker|clock`."""

import importlib
import os
import sys

from config.log_setup import set_up_logs
from config.processor import suit_numpy
from config.settings import BadSetting, Settings, load_settings

USAGE = "usage: python -m queue_workers worker|clock"


def main(words: list[str]) -> int:
    if words not in (["worker"], ["clock"]):
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        settings = load_settings()
    except BadSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    set_up_logs(settings)
    _prepare(settings)
    process = importlib.import_module("queue_workers.process")
    wiring = process.wired()
    try:
        status: int = importlib.import_module(f"queue_workers.{words[0]}").main(wiring)
        return status
    finally:
        wiring.close()


def _prepare(settings: Settings) -> None:
    """What libraries read when they are imported, so before they are."""
    settings.metrics_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.metrics_dir))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    suit_numpy(os.environ)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
