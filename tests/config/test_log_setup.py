"""Logs carry ids: what people wrote and where they can be reached is taken out, whoever logs it."""

import json
import logging
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.log_setup import FORBIDDEN, redact

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import logging, os, structlog
from config.log_setup import set_up_logs
from config.settings import load_settings
set_up_logs(load_settings())
log = structlog.get_logger("moderation.test")
structlog.contextvars.bind_contextvars(request_id="r-1")
{body}
"""


def lines(tmp_path: Path, body: str) -> list[dict[str, object]]:
    environment = {
        "DATA_DIR": str(tmp_path), "SECRET_KEY": "s" * 32, "EMAIL_HASH_KEY": "h" * 32,
        "EMAIL_KEYS": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body)], cwd=ROOT, env=environment, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_our_lines_and_the_libraries_lines_have_one_form_and_the_request_id(tmp_path: Path) -> None:
    ours, theirs = lines(
        tmp_path, 'log.info("held", comment_id="01H")\nlogging.getLogger("rq.worker").warning("%s died", "w1")'
    )
    assert ours["event"] == "held"
    assert ours["comment_id"] == "01H"
    assert theirs["event"] == "w1 died"
    assert ours["request_id"] == theirs["request_id"] == "r-1"
    assert ours["level"] == "info"
    assert str(ours["timestamp"]).endswith("Z")


def test_an_exception_is_told_without_its_words(tmp_path: Path) -> None:
    body = (
        'try:\n    raise ValueError("you are all idiots, write to jo@example.com")\n'
        'except ValueError:\n    log.exception("failed")\n    logging.getLogger("x").exception("failed too")'
    )
    for line in lines(tmp_path, body):
        assert "idiots" not in json.dumps(line)
        assert line["exception"]["type"] == "ValueError"  # type: ignore[index]


def test_an_exception_of_the_machine_keeps_its_message(tmp_path: Path) -> None:
    (line,) = lines(tmp_path, 'try:\n    open("/nowhere")\nexcept OSError:\n    log.exception("failed")')
    assert "No such file" in line["exception"]["message"]  # type: ignore[index]


@pytest.mark.parametrize("key", sorted(FORBIDDEN))
def test_forbidden_names_are_dropped_at_any_depth(key: str) -> None:
    told = redact(logging.getLogger(), "info", {"event": "e", key: "secret words", "more": {key: ["secret words"]}})
    assert "secret" not in json.dumps(told)


@pytest.mark.parametrize(
    "value", ["jo@example.com", "write to <jo.doe+x@mail.example.co.uk>!", "a%40b.example", "jö@bücher.example"]
)
def test_what_looks_like_an_address_is_masked(value: str) -> None:
    told = redact(logging.getLogger(), "info", {"event": f"said {value}", "list": [value, {"deep": value}]})
    assert "@" not in json.dumps(told)
    assert "%40" not in json.dumps(told)


def test_masking_takes_no_time_on_hostile_lines() -> None:
    redact(logging.getLogger(), "info", {"event": "a" * 1_000_000, "x": ["a." * 100_000 + "@"] * 20})


def test_a_line_of_every_request_is_as_the_logger_would_write_it(tmp_path: Path) -> None:
    ours, theirs = lines(
        tmp_path,
        "from config.log_setup import write_line as write\n"
        'write("moderation.test", "request", status=201, request_id="r-1")\n'
        'log.info("request", status=201)\n'
        'logging.getLogger().setLevel("WARNING")\n'
        'write("moderation.test", "silent")',
    )
    moments = [datetime.fromisoformat(str(line.pop("timestamp"))) for line in (ours, theirs)]
    assert ours == theirs
    assert timedelta(0) <= moments[1] - moments[0] < timedelta(seconds=5)
