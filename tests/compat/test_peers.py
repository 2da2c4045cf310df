"""Other people's clients, unmodified, each in an environment of its own, against the real web processes.

What they sent is kept in tests/excerpts/clients, from where test_replay.py sends it again on every run.
KEEP_CLIENT_REQUESTS=1 writes those files anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.compat.peers import front
from tests.compat.peers.front import Front
from tests.compat.peers.install import node_with, python_with
from tests.compat.replay import EXCERPTS, keep
from tests.journeys import ledger_check
from tests.support.databases import Databases
from tests.support.service import Service, running_service

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
HERE = Path(__file__).parent / "peers"
CORE = {"TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT", "SPAM", "OBSCENE"}


@dataclass(frozen=True)
class Peers:
    service: Service
    key: str
    plain: Front
    secure: Front
    authority: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.plain.port}"

    def run(self, name: str, command: list[str | Path], folder: Path | None = None) -> Any:
        """What a client's script says it saw. It finds the others' names at our TLS front."""
        self.plain.sent.clear(), self.secure.sent.clear()
        environment = {
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"),
            "PYTHONPATH": str(HERE / "elsewhere"), "NODE_OPTIONS": f"--require {HERE / 'elsewhere' / 'preload.cjs'}",
            "SSL_CERT_FILE": str(self.authority), "REQUESTS_CA_BUNDLE": str(self.authority),
            "NODE_EXTRA_CA_CERTS": str(self.authority), "PORT_THERE": str(self.secure.port),
            "NAMES_THERE": "commentanalyzer.googleapis.com,rest.akismet.com,api.openai.com", "NO_PROXY": "*",
        }  # fmt: skip
        done = subprocess.run(
            [str(each) for each in command], capture_output=True, text=True, timeout=120, check=False, cwd=folder,
            env=environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        if os.environ.get("KEEP_CLIENT_REQUESTS"):
            keep(name, [*self.plain.sent, *self.secure.sent], self.key)
        assert (EXCERPTS / f"{name}.http").exists()
        return json.loads(done.stdout.splitlines()[-1])

    def script(self, folder: Path, name: str) -> Path:
        """Copied to where its packages are: Node looks for them beside the script."""
        shutil.copy(HERE / name, folder / name)
        return folder / name

    def labels(self) -> list[tuple[str, str]]:
        with ledger_check.rows_of(self.service.database_url) as rows:
            return [tuple(row) for row in rows("SELECT source, verdict FROM feedback ORDER BY created_at")]


@pytest.fixture(scope="module")
def peers(new_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    folder = tmp_path_factory.mktemp("peers")
    url = new_databases.migrated("sqlite")
    ca, context = front.authority(folder)
    with running_service(url, folder, "web") as service:
        said = service.run("python -m moderation add-key demo --name Peers").stdout.decode()
        with front.standing(service.port) as plain, front.standing(service.port, context) as secure:
            yield Peers(service, said.split()[-1], plain, secure, ca)


def test_googles_python_client(peers: Peers) -> None:
    python = python_with("google", "google-api-python-client==2.202.0")
    seen = peers.run("google-api-python-client", [python, HERE / "google_api_client.py", peers.url, peers.key])
    scores = seen["analyze"]["attributeScores"]
    assert set(scores) == CORE
    assert [(span["begin"], span["end"]) for span in scores["TOXICITY"]["spanScores"]] == [(0, 31), (32, 59)]
    assert seen["analyze"]["clientToken"] == "token"
    assert seen["suggest"]["clientToken"] == "c9"
    assert [error[0] for error in seen["errors"]] == [400, 400, 400]
    assert [error[2][0]["errorType"] for error in seen["errors"]] == [
        "COMMENT_EMPTY", "INVALID_REQUEST", "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    ]  # fmt: skip
    assert seen["keyless"] == 403
    assert set(seen["batch"]["good"]["attributeScores"]) == CORE
    assert seen["batch"]["bad"] == 400
    assert ("perspective.suggestscore", "rejected") in peers.labels()


def test_pyperspective(peers: Peers) -> None:
    python = python_with("pyperspective", "PyPerspective==1.0.4")
    seen = peers.run("pyperspective", [python, HERE / "pyperspective_client.py", peers.key])
    assert seen["refused"]
    assert set(seen["scores"]) == {"TOXICITY", "INSULT"}
    assert seen["detected"] == ["en"]


def test_perspectiveapi(peers: Peers) -> None:
    python = python_with("perspectiveapi", "perspectiveapi==1.1.0")
    seen = peers.run("perspectiveapi", [python, HERE / "perspectiveapi_client.py", peers.key])
    assert 0 < seen["toxicity"] < 1
    assert 0 < seen["threat"] < 1
    assert seen["insult"] is None


def test_perspectives_clients_for_node(peers: Peers) -> None:
    folder = node_with(
        "perspective", "googleapis-common@8.0.3", "@conversationai/perspectiveapi-js-client@1.0.1",
        "perspective-api-client@3.1.0",
    )  # fmt: skip
    script = peers.script(folder, "perspective_clients.cjs")
    seen = peers.run("perspective-node", ["node", script, peers.url, peers.key], folder)
    assert set(seen["discovered"]["attributeScores"]) == {"TOXICITY", "INSULT", "SPAM", "LIKELY_TO_REJECT"}
    assert seen["error"] == [400, "Comment must be non-empty."]
    assert set(seen["js_client"]) == {"TOXICITY", "SPAM"}
    assert set(seen["unmodified"]["attributeScores"]) == {"TOXICITY", "THREAT"}
    assert seen["refused"] == ["ResponseError", "Unknown requested attribute: NONSENSE"]


def test_akismet(peers: Peers) -> None:
    python = python_with("akismet", "akismet==25.10.1")
    seen = peers.run("akismet", [python, HERE / "akismet_client.py", peers.key])
    assert seen["checked"] == [0, 1, 2]
    assert seen["submitted"] == [True, True]
    assert seen["usage"]["limit"] in ("none", None)
    assert seen["refused"]
    assert seen["asynchronously"] == 1
    assert {("akismet.submit-spam", "spam"), ("akismet.submit-ham", "approved")} & set(peers.labels())


def test_python_akismet(peers: Peers) -> None:
    python = python_with("python-akismet", "python-akismet==0.4.3", "requests")
    seen = peers.run("python-akismet", [python, HERE / "python_akismet_client.py", peers.key])
    assert seen["checked"] == [2, 0]


def test_akismets_clients_for_node(peers: Peers) -> None:
    folder = node_with("akismet", "@cedx/akismet@16.2.1", "akismet-api@6.0.0")
    script = peers.script(folder, "akismet_clients.mjs")
    seen = peers.run("akismet-node", ["node", script, peers.url, peers.key], folder)
    assert seen["valid"] == [True, False]
    assert len(set(map(str, seen["checked"]))) == 2
    assert seen["otherValid"]
    assert seen["otherChecked"] == [True, False, True]
    assert seen["otherSubmitted"] == "Thanks for making the web a better place."


def test_openais_python_client(peers: Peers) -> None:
    python = python_with("openai", "openai==3.54.0")
    seen = peers.run("openai", [python, HERE / "openai_client.py", peers.url, peers.key])
    assert len(seen["one"]) == 13
    assert seen["applied"]["sexual"] == []
    assert (seen["many"], seen["parts"]) == (2, 1)
    assert seen["refused"] == [401, "invalid_api_key"]
    assert seen["bad"] == "input"


def test_openais_client_for_node(peers: Peers) -> None:
    folder = node_with("openai", "openai@6.49.0")
    script = peers.script(folder, "openai_client.mjs")
    seen = peers.run("openai-node", ["node", script, peers.url, peers.key], folder)
    assert seen == {"results": 2, "names": 13, "refused": [401, "invalid_api_key"]}
