"""RQ's job, cut down to what we put into it.

A job in Redis names any function it likes, and callbacks, and addresses to call: whoever may write to
Redis would run code here. So the functions are listed, and the rest is not done.
"""

from collections.abc import Callable
from typing import Any

from rq.job import Job

from moderation.outbound.queue import LOOK_AGAIN

ALLOWED = frozenset({LOOK_AGAIN})


class NotAllowed(Exception):
    """The job asks for a function that is none of ours."""


class KnownJob(Job):
    @property
    def func(self) -> Callable[..., Any]:
        if self.func_name not in ALLOWED or self.instance is not None:
            raise NotAllowed
        function: Callable[..., Any] = super().func
        return function

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, *_: Any, **__: Any) -> None:
        pass
