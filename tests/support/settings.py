"""The environment that the tests give to the service, in process and in real processes alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.settings import Settings

SITE = "demo"
SITE_ORIGIN = "http://news.test"
# Made for the tests and used nowhere else.
EMAIL_KEY = "bW9kZXJhdG8tdGVzdHMtb25seS1rZXktMzItYnl0ZXM="


def environment(database_url: str, redis_url: str, data_dir: Path, **more: str) -> dict[str, str]:
    """What the service reads: nothing of the developer's own environment gets in."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": "tests-only-secret-key-of-sufficient-length",
        "EMAIL_KEYS": EMAIL_KEY,
        "EMAIL_HASH_KEY": "tests-only-hash-key-of-sufficient-length",
        "SITE_KEY": SITE,
        "SITE_ORIGINS": SITE_ORIGIN,
        "DEMO": "0",
        "RATE_LIMIT_COMMENTS": "1000000/minute",
        "RATE_LIMIT_SIGN_IN": "1000000/minute",
        **more,
    }


def load(database_url: str, redis_url: str, data_dir: Path, **more: str) -> Settings:
    from config.settings import load_settings

    return load_settings(environment(database_url, redis_url, data_dir, **more))
