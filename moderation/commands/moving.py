"""What import and export have in common."""

from moderation.domain.site import Site
from moderation.refusal import Refusal
from moderation.wiring import Wiring


def site_of(wiring: Wiring, key: str) -> Site:
    site = wiring.sites.by_key(key)
    if site is None:
        known = ", ".join(sorted(one.key for one in wiring.sites.every())) or "none yet"
        raise Refusal(f"There is no site {key}.", f"add it with add-site, or take one of these: {known}")
    return site
