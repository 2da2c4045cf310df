"""Logs: one JSON object a line on standard output, with ids and without what people wrote.

The last net, not the first: callers log ids. What still comes by under a forbidden name, looks
like an e-mail address, or hides in an exception's message is taken out here.
"""

import json
import logging
import logging.config
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import structlog

from config.settings import Settings

FORBIDDEN = frozenset(
    [
        "text",
        "comment",
        "comment_text",
        "body",
        "email",
        "address",
        "name",
        "author",
        "website",
        "note",
        "password",
        "token",
        "form_token",
        "secret",
        "cookie",
        "authorization",
        "ip",
        "remote_addr",
        "query",
        "query_string",
    ]
)
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]{1,64}(?:@|%40)[^\s@<>\"'(),;:]{1,255}")
_LONGEST = 2000
# Exceptions whose messages speak of files, sockets and names, never of the values in a row or a form.
_TELLING = frozenset({"OSError", "RedisError", "OperationalError", "ImportError", "NameError", "BadSetting"})

Event = MutableMapping[str, Any]


def set_up_logs(settings: Settings) -> None:
    """Send structlog and the standard library's loggers of this process through one JSON line format."""
    level = settings.log_level
    logging.config.dictConfig(dict_config(level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*_steps(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def dict_config(level: str) -> dict[str, Any]:
    """The same format for the standard library's logging, as gunicorn takes it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _steps(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
        "root": {"level": level, "handlers": ["out"]},
        "loggers": {
            name: {"level": level, "handlers": [], "propagate": True}
            for name in ("gunicorn.error", "rq.worker", "alembic")
        },
    }


def write_line(logger: str, event: str, **ours: str | int | float) -> None:
    """One line as `logger` would write it, for what is written for every request: of names and values that are ours
    alone, so that nothing has to be looked for in them."""
    level = logging.getLogger(logger).getEffectiveLevel()
    out = next((each for each in logging.getLogger().handlers if each.name == "out"), None)
    if not isinstance(out, logging.StreamHandler):
        structlog.get_logger(logger).info(event, **ours)
    elif level <= logging.INFO:
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = _ENCODED({**ours, "event": event, "level": "info", "logger": logger, "timestamp": at})
        with out.lock or nullcontext():
            out.stream.write(line + out.terminator)
            out.flush()


_ENCODED = json.JSONEncoder().encode


def redact(logger: Any, method: str, event: Event) -> Event:
    """Drop forbidden names and mask what looks like an e-mail address, in nested values too."""
    return {key: value if key in ("timestamp", "level") else _clean(value) for key, value in _kept(event)}


def tell_exception(logger: Any, method: str, event: Event) -> Event:
    """An exception as its type and where it came from; its message only where it cannot quote a user."""
    error = _exception(event.pop("exc_info", None))
    if error is not None:
        places = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-12:]]
        told = {"type": type(error).__name__, "at": places}
        if _TELLING & {kind.__name__ for kind in type(error).__mro__}:
            told["message"] = str(getattr(error, "orig", None) or error)[:300]
        event["exception"] = told
    return event


def _steps() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
        redact,
    ]


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    if isinstance(exc_info, BaseException):
        return exc_info
    return sys.exc_info()[1] if exc_info else None


def _kept(values: MutableMapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in values.items() if str(key).lower() not in FORBIDDEN]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub("[address]", value[:_LONGEST])
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in _kept(value)}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value
