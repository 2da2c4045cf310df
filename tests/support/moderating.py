"""In process: a site, its readers' comments and its moderators, made by the service's own code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

from argon2 import PasswordHasher
from sqlalchemy import update

from moderation.checks.context import Form
from moderation.domain.comment import State
from moderation.services import add_moderator, first_site, sign_in, submit
from moderation.services.submission import SubmitComment
from moderation.storage.schema import comments

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from moderation.domain.site import Site
    from moderation.wiring import Wiring

PASSWORD = "correct horse battery staple"
THREAD = "http://news.test/council"


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    link: str
    token: str  # of a session


@cache
def _quick_hasher() -> PasswordHasher:
    """Whoever then signs in by the password is hashed anew, as dearly as in production."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def moderator(wiring: Wiring, name: str = "Ines", role: str = "moderator") -> Person:
    """Somebody who has chosen a password and is signed in."""
    email = f"{name.lower()}@desk.test"
    link = add_moderator.add_moderator(wiring, email=email, name=name, role=role)
    with mock.patch.object(sign_in, "hasher", _quick_hasher):
        token = sign_in.use_link(wiring, link.rpartition("/")[2], PASSWORD)
    assert token is not None
    who = sign_in.who(wiring, token)
    assert who is not None
    return Person(who.id, email, link, token)


def site(wiring: Wiring) -> Site:
    first_site.ensure(wiring)
    found = wiring.sites.by_key(wiring.settings.site_key)
    assert found is not None
    return found


def comment(
    wiring: Wiring, text: str = "The mayor is a clown.", *, held: bool = True, at: int | None = None, **given: Any
) -> str:
    """A reader's comment; held for a person unless `held` is false. Its id."""
    name = given.pop("name", "Walter K.")
    command = SubmitComment(
        site=site(wiring),
        thread_url=given.pop("thread_url", THREAD),
        thread_title="A vote on the depot",
        name=name,
        email=given.pop("email", f"{name.split()[0].lower()}@readers.test"),
        website=given.pop("website", ""),
        text=text,
        parent=given.pop("parent", None),
        network_address="192.0.2.7",
        form=Form(token="missing" if held else "ok", age_s=None if held else 60.0),
        received_at=at,
    )
    assert not given, f"not known here: {given}"
    submitted = submit.submit(wiring, command)
    assert not held or submitted.state is State.PENDING
    return submitted.id


def queue(wiring: Wiring, texts: list[str], names: list[str] | None = None) -> list[str]:
    """Held comments that are read in this order, whatever the model thinks of each."""
    names = names or [f"Reader{number} X" for number in range(len(texts))]
    ids = [comment(wiring, text, name=name) for text, name in zip(texts, names, strict=True)]
    for place, comment_id in enumerate(ids, 1):
        placed = update(comments).where(comments.c.id == comment_id).values(queue_key=place)
        wiring.database.write(lambda conn, placed=placed: conn.execute(placed))  # type: ignore[misc]
    return ids


def signed_in(client: FlaskClient, person: Person) -> FlaskClient:
    client.set_cookie("desk_session", person.token, path="/desk")
    return client


def csrf(client: FlaskClient, path: str = "/desk/sign-in") -> str:
    """The token that this client's forms carry."""
    page = client.get(path, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"|data-csrf="([^"]+)"', page)
    assert found is not None, f"no form at {path}"
    return found.group(1) or found.group(2)


def post(client: FlaskClient, path: str, *, json: bool = True, **fields: Any) -> Any:
    if "csrf_token" not in fields:
        fields["csrf_token"] = csrf(client)
    return client.post(path, data=fields, headers={"Accept": "application/json"} if json else {})
