"""A stream of lines becomes a stream of scores: in order, as they come, whatever a line holds."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence

from models.classifier import Classifier, Score
from models.explain import Span
from models.scoring import MAX_LINE_BYTES, scored_lines

CIVIL = "Thank you, that was a thoughtful article about the new bridge."


class _Raises:
    """A look that fails on one text and knows nothing about the others."""

    version = "raises"

    def score(self, texts: Sequence[str]) -> list[Score]:
        if "boom" in texts:
            raise ZeroDivisionError("boom")
        return [Score(0.5, 0.4, 0.6, {"spam": 0.1}, 1.0) for _ in texts]

    def band_of(self, score: Score) -> str:
        return "review"

    def explain(self, text: str) -> list[Span]:
        return []


def test_each_line_gets_its_answer_in_order_and_a_bad_one_its_fault(shipped: Classifier) -> None:
    lines = [
        json.dumps({"text": CIVIL}).encode(),
        b"{not json",
        b"",
        b'{"text": 5}',
        b'["text"]',
        b"\xff\xfe",
        b'{"words": "x"}',
        b"[" * 100_000,
        json.dumps({"text": "a\ud800b"}).encode(),
    ]
    found = list(scored_lines(shipped, io.BytesIO(b"\n".join(lines))))
    assert len(found) == len(lines)
    assert [("error" in answer) for answer in found] == [False, True, True, True, True, True, True, True, False]
    assert found[3]["error"] == 'line 4: "text" is a int, not a string'
    assert set(found[0]) == {"p_reject", "low", "high", "band", "attributes", "spans", "model"}
    assert found[0]["p_reject"] == round(shipped.score([CIVIL])[0].p_reject, 6)


def test_a_text_that_makes_the_model_raise_costs_only_itself_its_score() -> None:
    lines = "\n".join(json.dumps({"text": text}) for text in ("fine", "boom", "fine too")) + "\n"
    found = list(scored_lines(_Raises(), io.BytesIO(lines.encode())))
    assert [answer.get("p_reject") for answer in found] == [0.5, None, 0.5]
    assert "line 2: the model failed: ZeroDivisionError" in found[1]["error"]


def test_a_line_that_is_too_long_is_refused_and_the_next_one_scored() -> None:
    long = b'{"text": "' + b"a" * (MAX_LINE_BYTES + 100_000) + b'"}'
    found = list(scored_lines(_Raises(), io.BytesIO(long + b'\n{"text": "b"}\n')))
    assert "longer than" in found[0]["error"]
    assert found[1]["p_reject"] == 0.5
    assert len(found) == 2


def test_a_score_comes_before_the_next_line_is_sent() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "models", "score", "--look", "first"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout
        for text in (CIVIL, "another"):
            process.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            process.stdin.flush()
            assert 0 <= json.loads(process.stdout.readline())["p_reject"] <= 1
        process.stdin.close()
        assert process.wait(timeout=20) == 0
