"""Who may do what at which site. A role is for every site, or for the sites it was given at."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """Each may do what the one below it may. NONE: nothing, but where a site's own role says so."""

    ADMIN = "admin"
    LEAD = "lead"
    MODERATOR = "moderator"
    VIEWER = "viewer"
    NONE = "none"


class Right(StrEnum):
    LOOK = "look"  # queues, comments, numbers
    DECIDE = "decide"
    LEAD = "lead"  # policy, log, escalations
    ADMINISTER = "administer"  # people and sites


_RANK = {Role.NONE: 0, Role.VIEWER: 1, Role.MODERATOR: 2, Role.LEAD: 3, Role.ADMIN: 4}
_NEEDED = {Right.LOOK: Role.VIEWER, Right.DECIDE: Role.MODERATOR, Right.LEAD: Role.LEAD, Right.ADMINISTER: Role.ADMIN}
# What may be given to somebody, for all sites or for one.
GIVEN = (Role.ADMIN, Role.LEAD, Role.MODERATOR, Role.VIEWER)


def allows(role: str, right: Right) -> bool:
    return _RANK[Role(role)] >= _RANK[_NEEDED[right]]


def role_at(site_id: str, everywhere: str, at_sites: Mapping[str, str]) -> str:
    """A site's own role counts there, but takes nothing from an administrator of all sites."""
    return everywhere if everywhere == Role.ADMIN else at_sites.get(site_id, everywhere)


def outranks(one: str, other: str) -> bool:
    """Nobody gives a role above their own."""
    return _RANK[Role(one)] >= _RANK[Role(other)]
