"""A site, a key for it, and a small way to ask."""

from __future__ import annotations

import pytest

from moderation.domain.site import Site
from moderation.services import api_keys, first_site
from moderation.wiring import Wiring


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite: the protocols do not know the database. What they store is tested on both in test_keys.py."""
    return sqlite_url


@pytest.fixture
def site(wiring: Wiring) -> Site:
    first_site.ensure(wiring)
    found = wiring.sites.by_key(wiring.settings.site_key)
    assert found is not None
    return found


@pytest.fixture
def key(wiring: Wiring, site: Site) -> str:
    return api_keys.add_key(wiring, site, name="Tests", by="operator").key
