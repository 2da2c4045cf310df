"""What real clients send, byte for byte (test_peers.py kept it), answered as they were answered."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from tests.compat.replay import EXCERPTS, Sent, kept

FILES = sorted(path.stem for path in EXCERPTS.glob("*.http"))
# In the order in which each client's script asks: an answer's first word, or its status.
EXPECTED = {
    "akismet": "valid false true true Thanks Thanks json invalid valid true",
    "akismet-node": "valid invalid true false Thanks Thanks valid true false true Thanks",
    "google-api-python-client": "json json json 400 400 400 json 403 batch",
    "openai": "json json json 401 400",
    "openai-node": "json 401",
    "perspective-node": "json json 400 json json 400",
    "perspectiveapi": "json json",
    "pyperspective": "400 400 json",
    "python-akismet": "true false Thanks Thanks",
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_a_client_sent_is_answered_as_it_was(client: FlaskClient, key: str, name: str) -> None:
    answers = []
    for sent in kept(name, key):
        answer = _send(client, sent)
        first = answer.get_data(as_text=True).split()[0]
        if answer.mimetype == "application/json":
            first = "json" if json.loads(answer.data) else "empty"
        if answer.mimetype == "multipart/mixed":
            first = "batch" if b"HTTP/1.1 200 OK" in answer.data and b"HTTP/1.1 400" in answer.data else "broken"
        answers.append(str(answer.status_code) if answer.status_code >= 400 else first)
    assert answers == EXPECTED[name].split()


def test_every_kept_file_is_replayed() -> None:
    assert set(EXPECTED) == set(FILES)


def _send(client: FlaskClient, sent: Sent):  # type: ignore[no-untyped-def]
    headers = [(name, value) for name, value in sent.headers if name.lower() not in ("host", "content-length")]
    path, _, query = sent.path.partition("?")
    return client.open(
        path, method=sent.method, query_string=query, headers=headers, data=sent.body, base_url=f"http://{sent.host}"
    )
