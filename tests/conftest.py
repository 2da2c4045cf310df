"""Fixtures on real parts: both databases, a real Redis, the real application. See support/README.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tests.support import databases
from tests.support import settings as test_settings
from tests.support.databases import Databases
from tests.support.postgres import running_postgres
from tests.support.redis import running_redis
from tests.support.service import Service, running_service

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from config.settings import Settings
    from models.classifier import Classifier
    from moderation.wiring import Wiring

pytest_plugins = ["tests.support.browser"]


# Files that take longest come first, so that two processes (`make test`) end at about the same time.
LONGEST = (
    "journeys/test_durability.py",
    "hostile/test_nothing_executes.py",
    "hostile/test_openapi.py",
    "launch",
    "journeys",
    "compat/test_peers.py",
    "commands",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items.sort(key=lambda item: _place(item.path.relative_to(here).as_posix()))
    if "long" in (config.option.markexpr or ""):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
    items[:] = [item for item in items if not item.get_closest_marker("long")]


def _place(path: str) -> int:
    return next((place for place, start in enumerate(LONGEST) if path.startswith(start)), len(LONGEST))


@pytest.fixture(scope="session")
def new_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Fresh databases of either kind, for tests that need more than the one of `database_url`."""
    # PostgreSQL starts when the first test asks for it, and stops after this fixture.
    with ExitStack() as stack:
        folder = stack.enter_context(databases.in_memory_folder()) or tmp_path_factory.mktemp("databases")
        handed_out = Databases(folder, lambda: stack.enter_context(running_postgres()))
        yield handed_out
        handed_out.close()


@pytest.fixture(params=databases.KINDS)
def database_url(request: pytest.FixtureRequest, new_databases: Databases) -> Iterator[str]:
    """A migrated, empty database; each test that uses it runs on SQLite and on PostgreSQL."""
    url = new_databases.migrated(request.param)
    yield url
    new_databases.drop(url)


@pytest.fixture
def sqlite_url(new_databases: Databases) -> Iterator[str]:
    """A migrated SQLite database, for a test in which the kind of database cannot matter."""
    url = new_databases.migrated("sqlite")
    yield url
    new_databases.drop(url)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    with running_redis() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """A real Redis, empty at the start of the test."""
    import redis

    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    yield redis_server


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings as the service loads them, over `database_url` and `redis_url`."""
    return test_settings.load(database_url, redis_url, tmp_path)


@pytest.fixture(scope="session")
def shipped_model() -> Iterator[None]:
    """The model that ships is read from disk once a session; a shelf that a test made is read as ever."""
    from models import shelf
    from moderation.checks import classifier

    shipped = cache(shelf.open_current)
    ours = Path(classifier.__file__).parents[2] / "models" / "artefacts"

    def open_current(folder: Path) -> Classifier:
        return shipped(folder) if folder == ours else shelf.open_current(folder)

    with mock.patch.object(classifier, "open_current", open_current):
        yield


@pytest.fixture
def wiring(settings: Settings, shipped_model: None) -> Iterator[Wiring]:
    """The service's parts, wired by its own code over real ones; closed after the test."""
    from moderation import wiring

    built = wiring.build(settings)
    yield built
    built.close()


@pytest.fixture
def app(wiring: Wiring) -> Flask:
    from moderation.web.app import create_app

    return create_app(wiring)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Speaks to the application in process; the journeys use real processes instead."""
    return app.test_client()


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """The real processes over `database_url`, with a Redis of their own."""
    with running_service(database_url, tmp_path) as running:
        yield running
