"""Which role somebody has at which site, and which sites that opens to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, or_, select

from moderation.domain.roles import Right, Role, allows, role_at
from moderation.storage.rows import Record
from moderation.storage.schema import (
    authors,
    comments,
    decisions,
    identities,
    moderators,
    passkeys,
    site_roles,
    sites,
    threads,
)
from moderation.storage.upsert import insert_for

# What an address of the desk may name, and where its site stands.
_SITE_OF = {
    "comment": comments,
    "decision": decisions,
    "author": authors,
    "thread": threads,
}


def at_sites(conn: Connection, moderator_id: str) -> dict[str, str]:
    """The roles somebody has at single sites, by the site's id."""
    mine = site_roles.c.moderator_id == moderator_id
    rows = conn.execute(select(site_roles.c.site_id, site_roles.c.role).where(mine))
    return {row.site_id: row.role for row in rows}


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, and the sites that are open to them, oldest first."""

    moderator_id: str
    look: tuple[str, ...]
    decide: tuple[str, ...]


def scope(conn: Connection, moderator_id: str) -> Scope:
    held = _held(conn, moderator_id)
    look, decide = (tuple(id for id, role in held if allows(role, right)) for right in (Right.LOOK, Right.DECIDE))
    return Scope(moderator_id, look, decide)


def site_ids(conn: Connection, moderator_id: str, right: Right) -> list[str]:
    """The sites at which somebody has this right, oldest first."""
    return [id for id, role in _held(conn, moderator_id) if allows(role, right)]


def _held(conn: Connection, moderator_id: str) -> list[tuple[str, str]]:
    """Every site with the role that somebody has there; nothing for who is not known."""
    rows = conn.execute(_AT_EVERY_SITE, {"who": moderator_id})
    return [(row.id, role_at(row.id, row.role, {row.id: row.own} if row.own else {})) for row in rows]


_AT_EVERY_SITE = (
    select(sites.c.id, moderators.c.role, site_roles.c.role.label("own"))
    .select_from(
        sites.join(moderators, moderators.c.id == bindparam("who")).outerjoin(
            site_roles, and_(site_roles.c.moderator_id == bindparam("who"), site_roles.c.site_id == sites.c.id)
        )
    )
    .order_by(sites.c.id)
)


def site_of(conn: Connection, kind: str, id: str) -> str | None:
    """The site that a comment, decision, author or thread belongs to; None if there is none."""
    table = _SITE_OF[kind]
    found: str | None = conn.execute(select(table.c.site_id).where(table.c.id == id)).scalar_one_or_none()
    return found


def set_at_sites(conn: Connection, moderator_id: str, roles: Mapping[str, str | None]) -> None:
    """Give these roles at these sites; None takes the site's own role away."""
    for site_id, role in roles.items():
        if role is None:
            conn.execute(
                delete(site_roles).where(site_roles.c.moderator_id == moderator_id, site_roles.c.site_id == site_id)
            )
            continue
        row = insert_for(conn, site_roles).values(moderator_id=moderator_id, site_id=site_id, role=role)
        conn.execute(row.on_conflict_do_update(index_elements=["moderator_id", "site_id"], set_={"role": role}))


def people(conn: Connection) -> list[Record]:
    has_passkey = exists().where(passkeys.c.moderator_id == moderators.c.id)
    return list(
        conn.execute(
            select(
                moderators.c.id, moderators.c.email, moderators.c.name, moderators.c.role, moderators.c.disabled,
                moderators.c.created_at, moderators.c.password_hash.is_not(None).label("has_password"),
                or_(moderators.c.totp_sealed.is_not(None), has_passkey).label("has_second_factor"),
                exists().where(identities.c.moderator_id == moderators.c.id).label("is_known_elsewhere"),
            ).order_by(moderators.c.disabled, moderators.c.name)
        )
    )  # fmt: skip


def of_everybody(conn: Connection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in conn.execute(select(site_roles)):
        found.setdefault(row.moderator_id, {})[row.site_id] = row.role
    return found


def other_admins(conn: Connection, moderator_id: str) -> bool:
    """Is there another administrator of all sites who can sign in?"""
    found: Any = conn.execute(
        select(
            exists().where(
                moderators.c.id != moderator_id, moderators.c.role == Role.ADMIN, ~moderators.c.disabled,
                moderators.c.password_hash.is_not(None),
            )
        )
    ).scalar_one()  # fmt: skip
    return bool(found)
