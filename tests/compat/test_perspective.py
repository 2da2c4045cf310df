"""Perspective as its clients see it: every field, every error, and nothing kept that should not be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from models.attributes import ATTRIBUTES
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing
from moderation.domain.site import Site
from moderation.services import api_keys
from moderation.services.assess_text import sentences
from moderation.services.assess_text_language import language_of
from moderation.web.app import create_app
from moderation.web.compat.perspective_wire import SERVED
from moderation.wiring import Wiring
from tests.compat.conftest import Shared

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
INSULT = "What kind of idiot name is foo? Sorry, I like your name."
MOST = 20_480
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient, key: str) -> Ask:
    return _asking(client, key)


@pytest.fixture
def ask_only(shared: Shared) -> Ask:
    """For what stores nothing."""
    return _asking(shared.client, shared.key)


def _asking(client: FlaskClient, key: str) -> Ask:
    def send(address: str = ANALYZE, **body: Any) -> Any:
        whole = {"comment": {"text": INSULT}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]} | body
        return client.post(f"{address}?key={key}", json={k: v for k, v in whole.items() if v is not None})

    return send


def test_a_comment_is_scored_for_each_attribute_that_was_asked(ask_only: Ask) -> None:
    names = [*SERVED, "TOXICITY_EXPERIMENTAL", "INSULT@1", "THREAT_EXPERIMENTAL@7"]
    answer = ask_only(requestedAttributes={name: {} for name in names}, clientToken="\U0001f600 token")
    assert answer.status_code == 200
    body = answer.get_json()
    assert set(body["attributeScores"]) == set(names)
    assert body["clientToken"] == "\U0001f600 token"
    assert (body["languages"], body["detectedLanguages"]) == (["en"], ["en"])
    for scores in body["attributeScores"].values():
        assert scores["summaryScore"]["type"] == "PROBABILITY"
        assert 0 <= scores["summaryScore"]["value"] <= 1
        assert [(span["begin"], span["end"]) for span in scores["spanScores"]] == [(0, len(INSULT))]


def test_scores_are_the_models_own(ask: Ask, wiring: Wiring) -> None:
    opinion = wiring.scorer.opinion(INSULT)
    scores = ask(requestedAttributes={"LIKELY_TO_REJECT": {}, "PROFANITY": {}}).get_json()["attributeScores"]
    assert scores["LIKELY_TO_REJECT"]["summaryScore"]["value"] == pytest.approx(opinion.p_reject, abs=1e-6)  # type: ignore[union-attr]
    assert scores["PROFANITY"]["summaryScore"]["value"] == pytest.approx(opinion.attributes["obscene"], abs=1e-6)  # type: ignore[union-attr]


def test_spans_are_sentences_counted_in_utf_16(ask_only: Ask) -> None:
    body = ask_only(spanAnnotations=True).get_json()
    spans = body["attributeScores"]["TOXICITY"]["spanScores"]
    assert [(span["begin"], span["end"]) for span in spans] == [(0, 31), (32, 56)]
    emoji = "\U0001f600\U0001f600 One. Two \U0001f600!"
    body = ask_only(comment={"text": emoji}, spanAnnotations=True).get_json()
    spans = body["attributeScores"]["TOXICITY"]["spanScores"]
    units = emoji.encode("utf-16-le")
    found = [units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") for span in spans]
    assert found == ["\U0001f600\U0001f600 One.", "Two \U0001f600!"]


@pytest.mark.parametrize("given", ["", "  ", "...", "a.b.c", "One. Two", "\u4f60\u597d\u3002\u7b28", "x\n\ny"])
def test_sentences_cover_all_but_the_spaces_between_them(given: str) -> None:
    found = sentences(given)
    covered = "".join(given[begin:end] for begin, end in found)
    assert covered.replace(" ", "") == "".join(given.split())
    assert all(left[1] <= right[0] for left, right in pairwise(found))


def test_a_threshold_leaves_an_attribute_out_and_all_of_them_the_map(ask_only: Ask) -> None:
    high, low = {"scoreThreshold": 1.0}, {"scoreThreshold": 0}
    body = ask_only(requestedAttributes={"TOXICITY": high, "INSULT": low, "THREAT": {}}).get_json()
    assert set(body["attributeScores"]) == {"INSULT", "THREAT"}
    assert "attributeScores" not in ask_only(requestedAttributes={"TOXICITY": high}).get_json()


def test_a_language_is_detected_where_none_is_named(ask_only: Ask) -> None:
    body = ask_only(languages=None).get_json()
    assert body["languages"] == ["en"]
    assert body["detectedLanguages"][0] == "en"
    german = ask_only(languages=None, comment={"text": "Das ist doch alles Unsinn, was Sie hier schreiben, mein Herr."})
    error = german.get_json()["error"]
    assert error["message"] == "Attribute TOXICITY does not support request languages: de"
    told = error["details"][0]["languageNotSupportedByAttributeError"]
    assert told == {"detectedLanguages": ["de"], "attribute": "TOXICITY"}


@pytest.mark.parametrize("short", ["you are an idiot", "ok thanks", "stupid", "lol", "OMG u r sooo dumb lmao"])
def test_short_english_is_not_taken_for_something_else(short: str) -> None:
    assert language_of(short, ("en",))[0] == "en"


def test_an_operator_may_have_any_language_scored(wiring: Wiring, key: str) -> None:
    settings = wiring.settings.model_copy(update={"perspective_any_language": True})
    asked = {"comment": {"text": "12345"}, "requestedAttributes": {"TOXICITY": {}}}
    client = create_app(replace(wiring, settings=settings)).test_client()
    assert client.post(f"{ANALYZE}?key={key}", json=asked).status_code == 200
    assert client.post(f"{ANALYZE}?key={key}", json=asked | {"languages": ["de"]}).get_json()["languages"] == ["de"]


def test_an_operator_may_map_an_attribute_that_we_do_not_score(wiring: Wiring, key: str) -> None:
    settings = wiring.settings.model_copy(update={"perspective_attributes": (("FLIRTATION", "toxicity"),)})
    client = create_app(replace(wiring, settings=settings)).test_client()
    asked = {"comment": {"text": "Hello there"}, "requestedAttributes": {"FLIRTATION": {}}, "languages": ["en"]}
    assert "FLIRTATION" in client.post(f"{ANALYZE}?key={key}", json=asked).get_json()["attributeScores"]


def test_jigsaws_moderator_gets_its_sixteen_with_the_stand_ins_of_the_guide(wiring: Wiring, key: str) -> None:
    stand_ins = ("SEXUALLY_EXPLICIT FLIRTATION ATTACK_ON_AUTHOR ATTACK_ON_COMMENTER INCOHERENT INFLAMMATORY "
                 "UNSUBSTANTIAL").split()  # fmt: skip
    names = [*stand_ins, *(name for name in SERVED if name != "TOXICITY_FAST")]
    settings = wiring.settings.model_copy(
        update={"perspective_attributes": tuple((name, "toxicity") for name in stand_ins)}
    )
    client = create_app(replace(wiring, settings=settings)).test_client()
    asked = {"comment": {"text": "Hello there"}, "requestedAttributes": {name: {} for name in names},
             "context": {"entries": [{"text": "An article"}]}, "spanAnnotations": True, "clientToken": "comment-1"}
    answer = client.post(f"{ANALYZE}?key={key}", json=asked).get_json()
    assert set(answer["attributeScores"]) == set(names)
    assert len(names) == 16


def test_the_names_that_settings_may_map_to_are_those_we_score() -> None:
    from config.setting_types import SCORES

    assert set(SCORES) == {*ATTRIBUTES, "p_reject"}
    assert set(SERVED.values()) == set(SCORES)


A = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"


@pytest.mark.parametrize(
    ("body", "message", "kind"),
    [
        ({"comment": {"text": ""}}, "Comment must be non-empty.", "COMMENT_EMPTY"),
        ({"comment": None}, "Comment must be non-empty.", "COMMENT_EMPTY"),
        ({"comment": {"text": "x" * (MOST + 1)}}, "Comment text too long.", "COMMENT_TOO_LONG"),
        ({"comment": {"text": "é" * (MOST // 2 + 1)}}, "Comment text too long.", "COMMENT_TOO_LONG"),
        ({"requestedAttributes": {}}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
        ({"requestedAttributes": None}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
        ({"requestedAttributes": {"FLIRTATION": {}}}, "Unknown requested attribute: FLIRTATION", "INVALID_REQUEST"),
        (
            {"languages": ["en", "xx", "de-AT"]},
            "Attribute TOXICITY does not support request languages: xx, de-AT",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        ),
        ({"languages": None, "comment": {"text": "123 !?"}}, "Unable to detect language", "LANGUAGE_DETECTION_FAILED"),
        (
            {"requestedAttributes": {"TOXICITY": {"scoreType": "PERCENTILE"}}},
            "Requested score type PERCENTILE is not supported by attribute TOXICITY",
            "INVALID_REQUEST",
        ),
        (
            {"comment": {"text": "x", "type": "HTML"}},
            "Currently, only 'PLAIN_TEXT' comments are supported",
            "INVALID_REQUEST",
        ),
        ({"comment": {"text": "x", "type": "RTF"}}, "Unknown text type", "INVALID_REQUEST"),
        (
            {"context": {"entries": [{"text": "a"}], "articleAndParentComment": {"article": {"text": "b"}}}},
            "Context can have either entries or article_and_parent_comment, but both fields were populated.",
            "INVALID_REQUEST",
        ),
    ],
)
def test_what_is_wrong_answers_googles_own_error(ask_only: Ask, body: dict[str, Any], message: str, kind: str) -> None:
    answer = ask_only(**body)
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert error["message"] == message
    assert error["details"][0] | {"@type": A, "errorType": kind} == error["details"][0]


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 503])
def test_every_error_has_googles_envelope_and_details(
    wiring: Wiring, key: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients read the first of `details` without looking whether there is one."""
    few = wiring.settings.model_copy(update={"rate_limit_keys": "1/minute"}) if status == 429 else wiring.settings
    client = create_app(replace(wiring, settings=few)).test_client()
    asked = {"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
    address = f"{ANALYZE}?key={key}"
    match status:
        case 400:
            answer = client.post(f"{ANALYZE}?key=000000000000", json=asked)
        case 403:
            answer = client.post(ANALYZE, json=asked)
        case 404:
            answer = client.post(f"/v1alpha1/comments:delete?key={key}", json=asked)
        case 413:
            answer = client.post(address, data=b" " * (5 * 1024 * 1024))
        case 429:
            client.post(address, json=asked)
            answer = client.post(address, json=asked)
        case _:
            monkeypatch.setattr(Scorer, "opinions", lambda self, texts, site_id="": [Missing("none")] * len(texts))
            answer = client.post(address, json=asked)
    assert answer.status_code == status
    error = answer.get_json()["error"]
    assert error["code"] == status
    assert error["message"]
    assert error["status"].isupper()
    assert error["details"][0]["@type"].startswith("type.googleapis.com/google.")
    assert error["details"][0]["reason"]


def test_the_longest_comment_that_google_takes_is_taken(ask_only: Ask) -> None:
    answer = ask_only(comment={"text": ("An honest word. " * 2000)[:MOST]}, spanAnnotations=True)
    assert answer.status_code == 200
    assert len(answer.get_json()["attributeScores"]["TOXICITY"]["spanScores"]) == 1_000


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"comment": NaN}', b'{"comment": 1e999}', b'{"comment": []}',
     b'{"comment": {"text": 5}}', b'{"comment": {"text": "x"}, "requestedAttributes": []}',
     b'{"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": "high"}}}',
     b'{"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": 1}}',
     b'{"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {}}, "languages": "en"}',
     b'{"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {}}, "doNotStore": "perhaps"}',
     b'{"comment": {"text": "x"}, "context": {"entries": 5}, "requestedAttributes": {"TOXICITY": {}}}',
     b"9" * 5000],
)  # fmt: skip
def test_an_unreadable_body_says_which_field(shared: Shared, body: bytes) -> None:
    kind = "application/x-www-form-urlencoded"  # as curl says without being told otherwise
    answer = shared.client.post(f"{ANALYZE}?key={shared.key}", data=body, content_type=kind)
    error = answer.get_json()["error"]
    assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"]


def test_fields_may_be_named_as_protobuf_names_them(shared: Shared) -> None:
    body = {"comment": {"text": "Hello you"}, "requested_attributes": {"TOXICITY": {"score_type": "PROBABILITY"}},
            "client_token": "t", "languages": ["en"]}  # fmt: skip
    assert shared.client.post(f"{ANALYZE}?key={shared.key}", json=body).get_json()["clientToken"] == "t"


def test_half_a_character_is_scored_like_any_other(client: FlaskClient, key: str) -> None:
    body = b'{"comment": {"text": "half \\ud83d. a. character"}, "requestedAttributes": {"TOXICITY": {}}, "spanAnnotations": true, "languages": ["en"], "clientToken": "\\udc00"}'  # noqa: E501
    assert client.post(f"{ANALYZE}?key={key}", data=body).status_code == 200
    suggested = body.replace(b'"requestedAttributes": {"TOXICITY": {}}', b'"attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}')  # noqa: E501
    assert client.post(f"{SUGGEST}?key={key}", data=suggested).status_code == 200


def test_a_key_comes_in_the_address_or_a_header_and_is_asked_for_first(client: FlaskClient, key: str) -> None:
    for headers in ({"X-Goog-Api-Key": key}, {"Authorization": f"Bearer {key}"}):
        assert client.post(ANALYZE, headers=headers).get_json()["error"]["message"] == "Comment must be non-empty."
    wrong = client.post(f"{ANALYZE}?key=000000000000")
    error = wrong.get_json()["error"]
    assert (wrong.status_code, error["message"]) == (400, "API key not valid. Please pass a valid API key.")
    assert error["details"][0]["reason"] == "API_KEY_INVALID"
    none = client.post(ANALYZE)
    assert (none.status_code, none.get_json()["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_a_revoked_key_stops_working(wiring: Wiring, site: Site) -> None:
    made = api_keys.add_key(wiring, site, name="Gone", by="operator")
    assert api_keys.revoke_key(wiring, made.id, by="operator")
    assert not api_keys.revoke_key(wiring, made.id, by="operator")
    client = create_app(wiring).test_client()
    assert client.post(f"{ANALYZE}?key={made.key}").get_json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_the_database_does_not_know_the_key(wiring: Wiring, key: str) -> None:
    with wiring.database.read() as conn:
        rows = list(conn.execute(sql("SELECT * FROM api_keys")))
    assert rows
    assert key not in repr(rows)


def test_too_many_calls_or_wrong_keys_are_told_when_to_come_back(wiring: Wiring, key: str) -> None:
    settings = wiring.settings.model_copy(update={"rate_limit_keys": "2/minute"})
    client = create_app(replace(wiring, settings=settings)).test_client()
    answers = [client.post(f"{ANALYZE}?key={key}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[-1].get_json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert int(answers[-1].headers["Retry-After"]) >= 1
    guesses = {client.post(f"{ANALYZE}?key={n:012x}").status_code for n in range(70)}
    assert guesses == {400, 429}


def test_without_a_model_the_answer_is_unavailable_and_no_score_is_made_up(
    wiring: Wiring, key: str, tmp_path: Path
) -> None:
    client = create_app(replace(wiring, scorer=Scorer(tmp_path / "empty"))).test_client()
    asked = {"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
    answer = client.post(f"{ANALYZE}?key={key}", json=asked)
    assert (answer.status_code, answer.get_json()["error"]["status"]) == (503, "UNAVAILABLE")


def test_nothing_of_an_analysed_comment_is_kept(ask: Ask, wiring: Wiring) -> None:
    secret = "zanzibarese"
    for stored in (True, False):
        assert ask(comment={"text": f"You {secret} person"}, doNotStore=stored).status_code == 200
    assert ask(SUGGEST, comment={"text": secret}, doNotStore=True, attributeScores=_score(1)).status_code == 200
    with wiring.database.read() as conn:
        kept = [list(conn.execute(sql(f"SELECT * FROM {name}"))) for name in ("feedback", "comments", "revisions")]
    assert kept == [[], [], []]
    names = wiring.redis.keys("*")
    assert secret not in repr(names)
    assert not [name for name in names if b"rq:job" in name]  # type: ignore[union-attr]


def _score(value: float, name: str = "TOXICITY") -> dict[str, Any]:
    return {name: {"summaryScore": {"value": value}}}


def _labels(wiring: Wiring) -> list[tuple[str, str, str, dict[str, float]]]:
    with wiring.database.read() as conn:
        rows = conn.execute(sql("SELECT source, verdict, text, attributes FROM feedback ORDER BY id"))
        return [(row[0], row[1], row[2], json.loads(row[3])) for row in rows]


def test_a_suggested_score_is_a_label_and_the_same_twice_counts_once(ask: Ask, wiring: Wiring) -> None:
    for _ in range(2):
        answer = ask(SUGGEST, attributeScores=_score(1), clientToken="c")
        assert answer.get_json() == {"clientToken": "c", "requestedLanguages": ["en"], "detectedLanguages": ["en"]}
    assert _labels(wiring) == [("perspective.suggestscore", "rejected", INSULT, {"toxicity": 1.0})]
    ask(SUGGEST, attributeScores=_score(0))
    assert [label[1] for label in _labels(wiring)] == ["approved"]
    ask(SUGGEST, attributeScores=_score(1, "SPAM"), comment={"text": "Cheap watches"})
    assert [label[1] for label in _labels(wiring)] == ["approved", "spam"]


def test_a_key_has_a_days_share_of_labels(wiring: Wiring, key: str) -> None:
    settings = wiring.settings.model_copy(update={"feedback_per_key": 2})
    client = create_app(replace(wiring, settings=settings)).test_client()
    statuses = [
        client.post(f"{SUGGEST}?key={key}", json={"comment": {"text": f"Text {n}"}, "attributeScores": _score(1)})
        .status_code for n in (1, 2, 2, 3)
    ]  # fmt: skip
    assert statuses == [200, 200, 200, 429]
    assert len(_labels(wiring)) == 2


@pytest.mark.parametrize("address", ["/$discovery/rest", "/discovery/v1/apis/commentanalyzer/v1alpha1/rest"])
def test_the_discovery_document_names_the_host_that_was_asked(shared: Shared, address: str) -> None:
    document = shared.client.get(f"{address}?version=v1alpha1", base_url="https://scores.example.org").get_json()
    assert document["rootUrl"] == "https://scores.example.org/"
    methods = document["resources"]["comments"]["methods"]
    named = {method[part]["$ref"] for method in methods.values() for part in ("request", "response")}
    assert named <= set(document["schemas"])
    assert shared.client.get(f"{address}?version=v9").status_code == 404


def test_a_batch_answers_each_call_under_its_id(shared: Shared) -> None:
    good = json.dumps({"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]})
    parts = [("<b + 1>", f"/v1alpha1/comments:analyze?key={shared.key}&alt=json", good),
             ("<b + 2>", f"/v1alpha1/comments%3Aanalyze?key={shared.key}", "{}"),
             ("<b + 3>", f"/v1alpha1/comments:delete?key={shared.key}", "{}")]  # fmt: skip
    body = "".join(
        f"--xyz\r\nContent-Type: application/http\r\nMIME-Version: 1.0\r\nContent-ID: {name}\r\n\r\n"
        f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{inner}\r\n"
        for name, path, inner in parts
    )
    answer = shared.client.post("/batch", data=body + "--xyz--\r\n", content_type="multipart/mixed; boundary=xyz")
    said = answer.get_data(as_text=True)
    assert answer.content_type.startswith("multipart/mixed; boundary=")
    assert [line for line in said.split("\r\n") if line.startswith("HTTP/1.1")] == [
        "HTTP/1.1 200 OK", "HTTP/1.1 400 Bad Request", "HTTP/1.1 404 Not Found",
    ]  # fmt: skip
    assert "Content-ID: <response-b + 2>" in said
    assert shared.client.post("/batch", data=b"x", content_type="text/plain").get_json()["error"]["details"]
