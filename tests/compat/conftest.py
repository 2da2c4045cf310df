"""A site, a key for it, and an application to ask: fresh for each test, or shared where nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from moderation import wiring as wiring_module
from moderation.domain.site import Site
from moderation.services import api_keys, first_site
from moderation.web.app import create_app
from moderation.wiring import Wiring
from tests.support import settings as test_settings
from tests.support.databases import Databases


@dataclass(frozen=True)
class Shared:
    """One application for a whole file of tests that store nothing, or nothing that another would see."""

    wiring: Wiring
    client: FlaskClient
    site: Site
    key: str


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite: the protocols do not know the database. What they store is tested on both in test_keys.py."""
    return sqlite_url


@pytest.fixture
def site(wiring: Wiring) -> Site:
    return _site(wiring)


@pytest.fixture
def key(wiring: Wiring, site: Site) -> str:
    return api_keys.add_key(wiring, site, name="Tests", by="operator").key


@pytest.fixture(scope="module")
def shared(
    new_databases: Databases, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared]:
    url = new_databases.migrated("sqlite")
    chosen = test_settings.load(url, redis_server, tmp_path_factory.mktemp("shared"))
    built = wiring_module.build(chosen)
    site = _site(built)
    key = api_keys.add_key(built, site, name="Tests", by="operator").key
    yield Shared(built, create_app(built).test_client(), site, key)
    built.close()
    new_databases.drop(url)


def _site(wiring: Wiring) -> Site:
    first_site.ensure(wiring)
    found = wiring.sites.by_key(wiring.settings.site_key)
    assert found is not None
    return found
