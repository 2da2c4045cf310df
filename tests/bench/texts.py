"""The comments that are posted, to both services alike: real ones where they are at hand."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

from tests.support.service import ROOT

SHARED = ROOT.parent / "shared" / "data" / "eval" / "comment_stream_unlabelled.jsonl.xz"
DEMO = ROOT / "moderation" / "demo_data" / "comments.json"
MOST = 3000


def comments() -> tuple[list[str], str]:
    """(texts, where they come from): without control characters and links, 20 to 1,000 characters long."""
    if SHARED.exists():
        with lzma.open(SHARED, "rt", encoding="utf-8") as file:
            found = [json.loads(line)["text"] for line in file]
        source = "comment_stream_unlabelled"
    else:
        found = [each["comment"] for each in json.loads(DEMO.read_text(encoding="utf-8"))]
        source = "the demonstration's comments, as ../shared/data is not here"
    fit = [" ".join(text.replace("\ufeff", " ").split()) for text in found]
    fit = [text for text in fit if 20 <= len(text) <= 1000 and "http" not in text and text.isprintable()]
    return fit[:MOST], source


def escaped(texts: list[str], into: Path) -> Path:
    """A file with one JSON-escaped text a line, without the quotes around it."""
    into.write_text("".join(json.dumps(text)[1:-1] + "\n" for text in texts), encoding="utf-8")
    return into
