"""Linear algebra on one thread: how many there are decides in which order numbers are added, and so the last bits.

A training whose rows of bytes should come out the same on two machines must not depend on how many cores they have.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import threadpool_limits


def one_thread() -> AbstractContextManager[Any]:
    return threadpool_limits(limits=1)
