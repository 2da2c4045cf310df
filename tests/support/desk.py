"""A moderator at the desk over HTTP, as a browser would be: a link, a password, a session, CSRF tokens."""

from __future__ import annotations

import re
from typing import Any

import requests

from tests.support.service import Service

PASSWORD = "correct horse battery staple"
_CSRF = re.compile(r'(?:name="csrf_token" value|data-csrf)="([^"]+)"')


class Moderator:
    """Signed in by the one-time link that `add-moderator` prints."""

    def __init__(self, service: Service, name: str, role: str = "moderator") -> None:
        self.name = name
        self.email = f"{name.lower()}@gazette.example"
        self._url = service.url
        self.session = requests.Session()
        self.session.trust_env = False
        link = _add(service, self.email, name, role)
        welcome = self.session.get(link)
        chosen = {"password": PASSWORD, "csrf_token": csrf_token(welcome.text)}
        desk = self.session.post(link, data=chosen)
        assert desk.ok, desk.text
        self._csrf = csrf_token(desk.text)

    @property
    def cookies(self) -> list[dict[str, Any]]:
        """For a browser's context."""
        return [{"name": c.name, "value": c.value or "", "url": self._url} for c in self.session.cookies]

    def decide(self, comment_id: str, verdict: str, version: int, reason: str = "") -> requests.Response:
        return self.post(
            f"/desk/comments/{comment_id}/decision", verdict=verdict, version=str(version), reason=reason
        )

    def post(self, path: str, **fields: str) -> requests.Response:
        return self.session.post(
            self._url + path, data={**fields, "csrf_token": self._csrf}, headers={"Accept": "application/json"}
        )

    def get(self, path: str, **asked: str) -> requests.Response:
        return self.session.get(self._url + path, params=asked)

    def close(self) -> None:
        self.session.close()


def csrf_token(html: str) -> str:
    found = _CSRF.search(html)
    assert found, "no CSRF token on this page"
    return found[1]


def _add(service: Service, email: str, name: str, role: str) -> str:
    said = service.run(f"python -m moderation add-moderator {email} --name {name} --role {role}")
    link = re.search(rb"https?://\S+/desk/welcome/\S+", said.stdout)
    assert link, said.stdout + said.stderr
    return link[0].decode()
