"""People and their roles: invite, give and take roles, a new link, close an account."""

from collections.abc import Callable
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, request
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden, NotFound, UnprocessableEntity
from werkzeug.wrappers import Response

from moderation.domain.roles import GIVEN, Right, Role
from moderation.services import people
from moderation.services.add_moderator import AlreadyThere
from moderation.storage import roles, sites
from moderation.web.desk import page, words
from moderation.web.desk.guard import moderator, wiring

Answer = Response | tuple[str, int]


def register(desk: Blueprint) -> None:
    desk.get("/people", endpoint="people")(_people)
    desk.post("/people", endpoint="invite")(_invite)
    desk.post("/people/<person_id>/role", endpoint="role")(_role)
    desk.post("/people/<person_id>/link", endpoint="link")(_told(people.new_link))
    desk.post("/people/<person_id>/close", endpoint="close")(_told(people.close))
    desk.post("/people/<person_id>/open", endpoint="open")(_told(people.open_again))
    desk.post("/people/<person_id>/second-factor", endpoint="reset")(_told(people.reset_second_factor))


def _people(status: int = 200, **told: Any) -> tuple[str, int]:
    me = moderator()
    with wiring().database.read() as conn:
        rows, at_sites = roles.people(conn), roles.of_everybody(conn)
        mine = set(roles.site_ids(conn, me.id, Right.ADMINISTER))
        all_sites = [row for row in sites.all_sites(conn) if row.id in mine]
    listed = [
        {
            "row": row,
            "at_sites": {site: role for site, role in at_sites.get(row.id, {}).items() if site in mine},
            "managed": row.id != me.id and people.may_manage(me, row.role, at_sites.get(row.id, {})),
        }
        for row in rows
        if row.role != Role.NONE or mine & at_sites.get(row.id, {}).keys() or people.administers_all(me)
    ]
    return page.sheet(
        "desk/people.html", status, listed=listed, sites=all_sites, roles=GIVEN, role_name=words.role_name,
        everywhere=people.administers_all(me), **told,
    )  # fmt: skip


def _invite() -> Answer:
    given = {name: request.form.get(name, "").strip()[:254] for name in ("email", "name", "role", "at")}
    problem = _problem(given)
    if problem:
        return _people(422, problem=problem, given=given)
    site_id = _site_id(given["at"])
    try:
        link = people.invite(
            wiring(), moderator(), email=given["email"], name=given["name"], role=given["role"], site_id=site_id
        )
    except AlreadyThere:
        sentence = _("%(email)s works here already; give them a role in the list below.", email=given["email"])
        return _people(409, problem=sentence, given=given)
    except people.NotAllowed as error:
        raise Forbidden(_sentence(error)) from None
    return _people(link=link, link_for=given["name"])


def _problem(given: dict[str, str]) -> str:
    if not given["name"] or len(given["name"]) > 80:
        return _("Give the name that their colleagues will see, at most 80 characters.")
    try:
        # A colleague's address may be of a network without public names, such as admin@localhost.
        validate_email(given["email"], check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return _("“%(email)s” is not an email address. It should look like name@news.example.", email=given["email"])
    if given["role"] not in GIVEN:
        return _("Choose one of the roles.")
    return ""


def _site_id(at: str) -> str | None:
    """A site's key; empty: every site."""
    if not at:
        return None
    with wiring().database.read() as conn:
        row = sites.by_key(conn, at)
    if row is None or not moderator().may(Right.ADMINISTER, row.id):
        raise NotFound
    return str(row.id)


def _role(person_id: str) -> Answer:
    role = request.form.get("role", "")
    if role not in set(Role):
        raise UnprocessableEntity(_("Choose one of the roles."))
    site_id = _site_id(request.form.get("at", ""))
    return _done(lambda: people.set_role(wiring(), moderator(), person_id, role=role, site_id=site_id))


def _told(change: Callable[..., str | None]) -> Callable[[str], Answer]:
    return lambda person_id: _done(lambda: change(wiring(), moderator(), person_id))


def _done(change: Callable[[], str | None]) -> Answer:
    """Do it and show the list again: the change is seen in it, and a new link only here and now."""
    try:
        link = change()
    except people.NotThere:
        raise NotFound from None
    except people.NotAllowed as error:
        raise Forbidden(_sentence(error)) from None
    return _people(link=link, link_for="") if link else _people(done=True)


def _sentence(error: Exception) -> str:
    said = str(error)
    return said[:1].upper() + said[1:] + "."
