"""Who works here and as what: invite somebody, change a role, close an account, end all sessions.

Nobody gives or takes what they could not do themselves: who administers one site gives roles there, and
touches no account that may do anything elsewhere.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from moderation.domain.roles import GIVEN, Right, Role
from moderation.services import second_factor, sign_in
from moderation.services.add_moderator import add_moderator
from moderation.services.sign_in import Moderator
from moderation.storage import audit, claims, moderators, roles, sessions
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring


class NotAllowed(Exception):
    """The sentence says why."""


class NotThere(Exception):
    """There is no such person."""


def administers_all(who: Moderator) -> bool:
    return who.role == Role.ADMIN


def may_manage(who: Moderator, role: str, at_sites: dict[str, str]) -> bool:
    """May the whole account be touched: a new link, closing it, its second factor?"""
    if administers_all(who):
        return True
    return role == Role.NONE and bool(at_sites) and all(who.may(Right.ADMINISTER, site) for site in at_sites)


def invite(wiring: "Wiring", by: Moderator, *, email: str, name: str, role: str, site_id: str | None) -> str:
    """The one-time link. Raises NotAllowed and add_moderator.AlreadyThere."""
    _check_gift(by, role, site_id)
    everywhere, at_sites = (role, {}) if site_id is None else (Role.NONE.value, {site_id: role})
    return add_moderator(
        wiring, email=email, name=name, role=everywhere, at_sites=at_sites, by=f"moderator:{by.id}"
    )


def set_role(wiring: "Wiring", by: Moderator, person_id: str, *, role: str, site_id: str | None) -> None:
    """Give a role at a site, or at every site; Role.NONE takes it away."""
    _check_gift(by, role, site_id, taken=True)
    now = wiring.clock.now_us()

    def work(conn: Connection) -> None:
        row = _person(conn, by, person_id)
        at_sites = roles.at_sites(conn, person_id)
        before = at_sites.get(site_id, "") if site_id else row.role
        if site_id is None:
            _keep_an_admin(conn, person_id, row, role)
            moderators.set_role(conn, person_id, role)
        else:
            roles.set_at_sites(conn, person_id, {site_id: role if role != Role.NONE or row.role != Role.NONE else None})
        claims.release_others(conn, person_id)
        audit.record(
            conn, actor=f"moderator:{by.id}", action="moderator.role", subject=f"moderator:{person_id}", at=now,
            site_id=site_id, details={"before": before or "none", "after": role},
        )  # fmt: skip

    wiring.database.write(work)


def _check_gift(by: Moderator, role: str, site_id: str | None, *, taken: bool = False) -> None:
    if role not in GIVEN and not (taken and role == Role.NONE):
        raise NotAllowed(f"role={role[:20]} must be one of {', '.join(GIVEN)}")
    if site_id is None and not administers_all(by):
        raise NotAllowed("only an administrator of all sites gives a role at every site")
    if site_id is not None and not by.may(Right.ADMINISTER, site_id):
        raise NotAllowed("you do not administer this site")


def _person(conn: Connection, by: Moderator, person_id: str) -> Record:
    row = moderators.by_id(conn, person_id)
    if row is None:
        raise NotThere
    if person_id == by.id:
        raise NotAllowed("nobody changes their own account here")
    return row


def _keep_an_admin(conn: Connection, person_id: str, row: Record, role: str) -> None:
    if row.role == Role.ADMIN and role != Role.ADMIN and not roles.other_admins(conn, person_id):
        raise NotAllowed("somebody must administer all sites")


def new_link(wiring: "Wiring", by: Moderator, person_id: str) -> str:
    _on_account(wiring, by, person_id, "moderator.link", lambda conn: None)
    return sign_in.new_link(wiring, person_id)


def close(wiring: "Wiring", by: Moderator, person_id: str) -> None:
    """No more signing in, from now on; what they decided stays."""

    def work(conn: Connection) -> None:
        moderators.set_disabled(conn, person_id, True)
        _end_sessions(conn, person_id)

    _on_account(wiring, by, person_id, "moderator.disabled", work)


def open_again(wiring: "Wiring", by: Moderator, person_id: str) -> None:
    _on_account(
        wiring, by, person_id, "moderator.enabled", lambda conn: moderators.set_disabled(conn, person_id, False)
    )


def reset_second_factor(wiring: "Wiring", by: Moderator, person_id: str) -> None:
    """For a lost telephone and lost codes; whoever holds a session is signed out too."""
    _on_account(wiring, by, person_id, "", lambda conn: _end_sessions(conn, person_id))
    second_factor.turn_off(wiring, person_id, by=f"moderator:{by.id}", passkeys_too=True)


def _on_account(
    wiring: "Wiring", by: Moderator, person_id: str, action: str, change: Callable[[Connection], None]
) -> None:
    now = wiring.clock.now_us()

    def work(conn: Connection) -> None:
        row = _person(conn, by, person_id)
        if not may_manage(by, row.role, roles.at_sites(conn, person_id)):
            raise NotAllowed("this account has roles at sites that you do not administer")
        change(conn)
        if action:
            subject = f"moderator:{person_id}"
            audit.record(conn, actor=f"moderator:{by.id}", action=action, subject=subject, at=now)

    wiring.database.write(work)


def sign_out_everywhere(wiring: "Wiring", moderator_id: str) -> None:
    now, who = wiring.clock.now_us(), f"moderator:{moderator_id}"

    def work(conn: Connection) -> None:
        _end_sessions(conn, moderator_id)
        audit.record(conn, actor=who, action="session.all_ended", subject=who, at=now)

    wiring.database.write(work)


def _end_sessions(conn: Connection, moderator_id: str) -> None:
    sessions.end_all(conn, moderator_id)
    claims.release_others(conn, moderator_id)
