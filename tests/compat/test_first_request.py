"""A client that allows a second or two for an answer gets one, be it the first that a process gives."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

from tests.support.processes import cpu_seconds
from tests.support.service import Service, running_service


def analyze(service: Service, key: str, **more: object) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    body = {"comment": {"text": "A good plan for the town."}, "requestedAttributes": {"TOXICITY": {}}, **more}
    connection.request("POST", f"/v1alpha1/comments:analyze?key={key}", json.dumps(body))
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert "attributeScores" in answer
    return answer  # type: ignore[no-any-return]


def test_the_language_detector_and_the_model_are_loaded_before_anybody_asks(sqlite_url: str, tmp_path: Path) -> None:
    with running_service(sqlite_url, tmp_path, "web", WEB_PROCESSES="1") as service:
        made = service.run("python -m moderation add-key demo --name Tests")
        key = made.stdout.decode().split()[-1]
        web = service.pid("web")
        spent = []
        for named in ({"languages": ["en"]}, {}):
            before = cpu_seconds(web)
            assert analyze(service, key, **named)["detectedLanguages"] == ["en"]
            spent.append(cpu_seconds(web) - before)
        # Loading takes .3 s for the model and .6 s for the detector; answering, some milliseconds.
        assert max(spent) < 0.15, spent
