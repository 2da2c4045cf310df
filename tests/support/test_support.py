"""The tools that the other tests trust: they start what they say, and they leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
import redis

from tests.support.databases import KINDS, Databases
from tests.support.processes import descendants, kill_tree, wait_until

GRANDPARENT = (
    "import os, subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import os, time; os.setsid(); time.sleep(60)'])\n"
    "time.sleep(60)\n"
)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_killing_a_process_kills_children_that_left_its_group() -> None:
    parent = subprocess.Popen([sys.executable, "-c", GRANDPARENT], start_new_session=True)
    wait_until(lambda: descendants(parent.pid), within_s=10, what="the child's start")
    time.sleep(0.2)  # until it has called setsid
    (child,) = descendants(parent.pid)
    assert kill_tree(parent) == 2
    wait_until(lambda: not _alive(child) or not descendants(child), within_s=5, what="the child's end")
    assert parent.returncode == -signal.SIGKILL


def test_each_test_has_an_empty_redis(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_database_is_migrated_and_is_nobody_elses(kind: str, new_databases: Databases) -> None:
    first, second = new_databases.migrated(kind), new_databases.migrated(kind)
    assert first != second
    insert = "INSERT INTO heartbeats (name, beat_at) VALUES ('one', 1)"
    for url in (first, second):  # the second would fail on the primary key if they were one
        if kind == "sqlite":
            import sqlite3

            conn = sqlite3.connect(url.removeprefix("sqlite:///"))
            conn.execute(insert)
            conn.commit()
            conn.close()
        else:
            with psycopg.connect(url) as connection:
                connection.execute(insert)
        new_databases.drop(url)
