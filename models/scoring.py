"""Score anybody's comments as a stream: JSON lines in, a score or a named fault a line, in the same order.

A look is anything that scores texts. The first look is a Classifier; what follows it (another look, a site's own
head) wraps one and is opened here, in open_look.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from models import shelf
from models.classifier import Score
from models.explain import Span

BATCH = 128
READ_BYTES = 1 << 16
MAX_LINE_BYTES = 1 << 22
LOOKS = ("first", "second", "cascade")
Line = dict[str, Any]


class Look(Protocol):
    """What scores texts, says what the machine would do with a score, and why."""

    @property
    def version(self) -> str: ...

    def score(self, texts: Sequence[str]) -> list[Score]: ...

    def band_of(self, score: Score) -> str: ...

    def explain(self, text: str) -> list[Span]: ...


class Source(Protocol):
    """A binary stream that gives what is there without waiting for more: sys.stdin.buffer."""

    def read1(self, size: int, /) -> bytes: ...


class Fault(Exception):
    """A line that cannot be scored; the message names what is wrong with it."""


def open_look(folder: Path, look: str = "first", site: Path | None = None) -> Look:
    """look: one of LOOKS; folder: a shelf of models; site: a folder with a site's own head."""
    if site is not None:
        from models.site_look import open_site

        return open_site(folder, site)
    if look == "first":
        return shelf.open_current(folder)
    from models.second_look import SecondLook
    from models.site_look import Cascade

    second = SecondLook.open(folder)
    return second if look == "second" else Cascade(second)


def scored_lines(look: Look, source: Source) -> Iterator[Line]:
    """One object a line of the source, as soon as its line is complete. Never raises for what a line holds."""
    number = 0
    for lines in _complete_lines(source):
        for at in range(0, len(lines), BATCH):
            part = lines[at : at + BATCH]
            yield from _answers(look, part, number)
            number += len(part)


def described(look: Look, text: str, score: Score) -> Line:
    return {
        "p_reject": round(score.p_reject, 6),
        "low": round(score.low, 6),
        "high": round(score.high, 6),
        "band": look.band_of(score),
        "attributes": {name: round(chance, 6) for name, chance in score.attributes.items()},
        "spans": [[span.start, span.end, round(span.weight, 4), span.attribute] for span in look.explain(text)],
        "model": look.version,
    }


def _answers(look: Look, lines: Sequence[bytes | None], before: int) -> Iterator[Line]:
    read = [_text_or_fault(line) for line in lines]
    texts = [text for text in read if isinstance(text, str)]
    scores = iter(_scores(look, texts))
    for number, text in enumerate(read, before + 1):
        try:
            if isinstance(text, Fault):
                raise text
            score = next(scores)
            if isinstance(score, Fault):
                raise score
            yield described(look, text, score)
        except Fault as fault:
            yield {"error": f"line {number}: {fault}", "line": number}
        except Exception as error:
            yield {"error": f"line {number}: the model failed: {type(error).__name__}: {error}", "line": number}


def _scores(look: Look, texts: Sequence[str]) -> list[Score | Fault]:
    """A text that makes the model raise costs only itself its score."""
    if not texts:
        return []
    try:
        return list(look.score(texts))
    except Exception as error:
        if len(texts) == 1:
            return [Fault(f"the model failed: {type(error).__name__}: {error}")]
        return [score for text in texts for score in _scores(look, [text])]


def _text_or_fault(line: bytes | None) -> str | Fault:
    if line is None:
        return Fault(f"longer than {MAX_LINE_BYTES:,} bytes; send one comment a line")
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Fault(f"not UTF-8: {error.reason} at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return Fault(f'not JSON ({error}); expected {{"text": "…"}}')
    if not isinstance(row, dict):
        return Fault(f'a JSON {type(row).__name__} where an object was expected: {{"text": "…"}}')
    text = row.get("text")
    if not isinstance(text, str):
        return Fault('"text" is missing' if text is None else f'"text" is a {type(text).__name__}, not a string')
    return text


def _complete_lines(source: Source) -> Iterator[list[bytes | None]]:
    """The lines that each read completes; None for one that is too long to be kept."""
    rest, overlong = b"", False
    while chunk := source.read1(READ_BYTES):
        *complete, rest_of = (rest + chunk).split(b"\n")
        lines: list[bytes | None] = list(complete)
        if overlong and lines:
            lines[0], overlong = None, False
        rest = rest_of
        if len(rest) > MAX_LINE_BYTES or overlong:
            rest, overlong = b"", True
        if lines:
            yield lines
    if rest or overlong:
        yield [None if overlong else rest]
