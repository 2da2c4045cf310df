"""Settings become things: the one place that chooses the engine, the queue, the model and the keys.

Nothing happens at import, and nothing here connects: a process that starts while Redis or the
database is away starts all the same.
"""

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import redis

from config.settings import Settings
from moderation.checks.classifier import Scorer
from moderation.outbound.identity_provider import IdentityProvider
from moderation.outbound.queue import JobQueue
from moderation.services.shared_looks import SharedLooks
from moderation.services.sites import SiteDirectory
from moderation.services.submission import SubmitComment, Submitted
from moderation.storage.database import Database, open_database
from moderation.storage.together import Together
from moderation.storage.vault import Vault

POLICY_FILE = Path(__file__).resolve().parent.parent / "config" / "site_policy.toml"
REDIS_TIMEOUT_S = 0.5
COME_BACK_TO = "/desk/sign-in/elsewhere/back"
MOST_TAKEN_TOGETHER = 64


class Clock:
    def now_us(self) -> int:
        return time.time_ns() // 1000


@dataclass(frozen=True)
class Wiring:
    settings: Settings
    database: Database
    redis: "redis.Redis"
    queue: JobQueue
    scorer: Scorer
    vault: Vault
    sites: SiteDirectory
    clock: Clock
    submissions: Together[SubmitComment, Submitted]
    elsewhere: IdentityProvider | None = None

    @cached_property
    def looks(self) -> SharedLooks:
        return SharedLooks(self.scorer)

    def close(self) -> None:
        self.queue.close()
        self.database.close()
        self.redis.close()


def build(settings: Settings) -> Wiring:
    database = open_database(settings.database_url, pool_size=settings.web_threads + 4)
    client = redis.Redis.from_url(
        settings.redis_address, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
    )
    return Wiring(
        settings=settings,
        database=database,
        redis=client,
        queue=JobQueue(settings.redis_address, prefix=settings.redis_key_prefix),
        scorer=Scorer(settings.model_dir, settings.site_heads_dir),
        vault=Vault(settings.email_keys, settings.email_hash_key),
        sites=SiteDirectory(database, POLICY_FILE),
        clock=Clock(),
        elsewhere=identity_provider(settings),
        submissions=Together(most=MOST_TAKEN_TOGETHER),
    )


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """Where people may sign in besides here; None: nowhere else."""
    if not settings.oidc_issuer:
        return None
    return IdentityProvider(
        settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret,
        redirect_uri=f"{settings.public_url}{COME_BACK_TO}",
    )  # fmt: skip
