"""The site that the settings name exists, and its own pages may use it."""

from typing import TYPE_CHECKING

from config.settings import Settings
from moderation.services.sites import add_site
from moderation.storage.database import Database

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def ensure(wiring: "Wiring") -> str:
    """The same with everything wired, whose memory of sites is refreshed."""
    site_id = add_first_site(wiring.database, wiring.settings, wiring.clock.now_us())
    wiring.sites.forget()
    return site_id


def add_first_site(database: Database, settings: Settings, now: int) -> str:
    """Add the site of SITE_KEY with the origins of SITE_ORIGINS and our own; its id. Safe to repeat."""
    origins = sorted({*settings.site_origins, settings.public_url})
    return add_site(database, key=settings.site_key, name=settings.site_name, origins=origins, now=now)
