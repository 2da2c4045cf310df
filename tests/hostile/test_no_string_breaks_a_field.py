"""Every hostile string as name, as website and as comment, by JSON and by the plain form: never a 5xx."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.hostile import payloads
from tests.support.settings import SITE, SITE_ORIGIN

if TYPE_CHECKING:
    from flask.testing import FlaskClient

FIELDS = ("name", "website", "comment")
PROMISED = {200, 201, 202, 303, 400, 403, 409, 413, 415, 422}


def posted(number: int, field: str, string: str) -> dict[str, Any]:
    """A comment that is good but for one field."""
    return {
        "site": SITE,
        "thread_url": f"{SITE_ORIGIN}/hostile/{number % 40}",
        "thread_title": "Hostile strings",
        "name": "Reader",
        "email": f"reader{number % 997}@example.org",
        "website": "",
        "comment": f"An ordinary comment, number {number}, for a hostile {field}.",
        field: string,
    }


def _post_all(client: FlaskClient, strings: list[str]) -> Counter[tuple[str, int]]:
    answers: Counter[tuple[str, int]] = Counter()
    for number, string in enumerate(strings):
        for field in FIELDS:
            reply = client.post("/api/v1/comments", json=posted(number, field, string))
            answers[field, reply.status_code] += 1
            assert reply.status_code in PROMISED, (field, string, reply.status_code, reply.text)
    return answers


def _report(source: str, answers: Counter[tuple[str, int]]) -> None:
    table = ", ".join(f"{field} {status}: {count}" for (field, status), count in sorted(answers.items()))
    print(f"\n{source}: {table}")


@pytest.mark.timeout(300)
def test_a_tenth_of_the_hostile_strings_never_breaks_the_service(client: FlaskClient) -> None:
    strings, source = payloads.sample()
    _report(source, _post_all(client, strings))


@pytest.mark.timeout(300)
def test_the_plain_form_takes_hostile_strings_as_text(client: FlaskClient) -> None:
    strings, _ = payloads.sample()
    for number, string in enumerate(strings[::4]):
        for field in FIELDS:
            reply = client.post("/comments", data=posted(number, field, string))
            assert reply.status_code in PROMISED, (field, string, reply.status_code)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_hostile_string_breaks_the_service(client: FlaskClient) -> None:
    strings, source = payloads.every()
    _report(source, _post_all(client, strings))
