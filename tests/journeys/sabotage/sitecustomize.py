"""Loaded by every Python process that has this folder on PYTHONPATH: what the durability runs change.

With CHAOS set (to a folder for marks), in all runs alike: leases are short and the second look takes a while, so
that a run of half a minute sees many leases run out in the middle of work. With SABOTAGE, one mechanism is taken
out: the run must then find broken promises, or it proves nothing. Production code has no switch for any of this.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

LEASE_US = 2_000_000
WORK_TAKES_S = 0.05


def _short_leases_and_slow_work(look_again: Any) -> None:
    look_again.LEASE_US = LEASE_US
    complete = look_again._Look._complete

    mark = Path(os.environ["CHAOS"]) / str(os.getpid())

    def complete_slowly(self: Any, cases: Any) -> Any:
        """Says while it lasts which lease this process holds, in no transaction."""
        mark.write_text(self._token)
        try:
            time.sleep(WORK_TAKES_S)
            return complete(self, cases)
        finally:
            mark.unlink(missing_ok=True)

    look_again._Look._complete = complete_slowly


def _no_sweeper(outbox: Any) -> None:
    """Nobody asks SQL what is due: not the clock, not a worker with room in its batch or without Redis."""
    outbox.due = lambda *_args, **_kwargs: []


def _no_compare_in_comments(comments: Any) -> None:
    table = comments.comments
    comments._CHANGE = comments.update(table).where(table.c.id == comments.bindparam("on_id"))


def _no_compare_in_outbox(outbox: Any) -> None:
    def finish(conn: Any, *, id: str, token: str) -> bool:
        conn.execute(outbox.delete(outbox.outbox).where(outbox.outbox.c.id == id))
        return True

    outbox.finish = finish


ALWAYS: dict[str, Callable[[Any], None]] = {"moderation.services.look_again": _short_leases_and_slow_work}
SABOTAGED: dict[str, dict[str, Callable[[Any], None]]] = {
    "": {},
    "sweeper": {"moderation.storage.outbox": _no_sweeper},
    "compare-and-set": {
        "moderation.storage.comments": _no_compare_in_comments,
        "moderation.storage.outbox": _no_compare_in_outbox,
    },
    "unique-key": {},  # the run drops the index by SQL
}


class _Patched:
    """A loader that changes a module right after it was executed."""

    def __init__(self, loader: Any, change: Callable[[Any], None]) -> None:
        self._loader = loader
        self._change = change

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._change(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class _Finder:
    def __init__(self, changes: dict[str, Callable[[Any], None]]) -> None:
        self._changes = changes

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self._changes:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Patched(spec.loader, self._changes[name])  # type: ignore[assignment]
        return spec


if os.environ.get("CHAOS"):
    sys.meta_path.insert(0, _Finder({**ALWAYS, **SABOTAGED[os.environ.get("SABOTAGE", "")]}))
