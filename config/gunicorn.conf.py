"""How gunicorn serves the web processes; every figure here comes from the settings or says why it stands."""

import gc
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from config.log_setup import dict_config
from config.processor import suit_numpy
from config.settings import load_settings

settings = load_settings()

bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
worker_class = "moderation.web.serving.worker.LaneWorker"
workers = settings.web_processes
threads = settings.web_threads
backlog = 1024

# A deployment sends SIGTERM: stop accepting, finish what runs. Hosts commonly wait 30 s before they kill.
graceful_timeout = 25
timeout = 30
# Above the 60 s for which common proxies keep idle connections, so that they close first.
keepalive = 75

# The longest honest request line is a thread's URL (2,000 characters, percent-encoded) in a query.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# Workers prove that they are alive by touching a file; on a busy disk that touch could stall for seconds.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
control_socket_disable = True
pidfile = None


class NoAccessLog(Logger):  # type: ignore[misc]
    """It would hold query strings, and `accesslog = None` does not turn it off beside a logconfig_dict.

    The application writes a line of its own a request.
    """

    access_log_enabled = False


logger_class = NoAccessLog
accesslog = None
logconfig_dict = dict_config(settings.log_level)

# gunicorn's own trust in X-Forwarded-*: none. The application counts proxies (TRUSTED_PROXIES) itself.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.metrics_dir))
# Threads take requests; a score is too small to share out among more of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
suit_numpy(os.environ)


def on_starting(server: Any) -> None:
    """Each process keeps its figures in a file of its own; those of processes long gone go now."""
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        if not _alive(file.stem.rpartition("_")[2]):
            file.unlink(missing_ok=True)
    # Import once, then fork: each process starts at once and shares the libraries' memory. Nothing is
    # opened at import, so nothing is shared that must not be.
    meanwhile = importlib.import_module("moderation.web.warm").Meanwhile()
    importlib.import_module(server.app.app_uri.partition(":")[0])
    meanwhile.wait()


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return True


def post_worker_init(worker: Any) -> None:
    """Requests are short: a thread that waits its 5 ms turn for the interpreter waits longer than it works."""
    importlib.import_module("moderation.web.warm").warm(worker.wsgi)
    sys.setswitchinterval(0.0005)
    # What is loaded by now stays: the collector need not walk through it again for every few hundred requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
