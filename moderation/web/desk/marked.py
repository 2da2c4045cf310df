"""A comment's text in pieces: what is marked, and why. Never HTML; the template escapes each piece."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask_babel import gettext as _

from moderation.domain.finding import Code
from moderation.web.desk import words
from moderation.wiring import Wiring

log = structlog.get_logger(__name__)
# A word that adds less to the logit than this, or than this share of what the strongest word adds, is noise:
# on the demonstration's comments lower bars mark words such as "bus" and "next".
LEAST_WEIGHT = 0.4
LEAST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Mark:
    """Code points [start, end) of the text; `attribute` is set where the model marked them."""

    start: int
    end: int
    label: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    label: str = ""


def marks(wiring: Wiring, text: str, findings: Sequence[Mapping[str, Any]]) -> list[Mark]:
    return [*_from_findings(findings), *_from_model(wiring, text)]


def _from_findings(findings: Sequence[Mapping[str, Any]]) -> Iterable[Mark]:
    labels = {
        Code.LINKS: _("a link"),
        Code.MANY_LINKS: _("a link"),
        Code.LINK_FLOOD: _("a link"),
        Code.BLOCKED_LINK: _("a blocked link"),
        Code.REJECTED_WORD: _("a rejected word"),
        Code.REVIEWED_WORD: _("a word that is reviewed"),
        Code.SPAM_WORD: _("a spam word"),
    }
    for finding in findings:
        label = labels.get(finding["code"])
        for span in [finding["span"]] if "span" in finding else finding.get("spans", ()):
            if label and len(span) == 2:
                yield Mark(int(span[0]), int(span[1]), label)


def _from_model(wiring: Wiring, text: str) -> list[Mark]:
    """The words that spoke for rejection, as the model of today sees them."""
    classifier = wiring.scorer.current()
    if classifier is None:
        return []
    try:
        spans = classifier.explain(text)
    except Exception as error:  # a failing explanation must not keep a comment from being read
        log.warning("explain.failed", error=type(error).__name__)
        return []
    heard = max([LEAST_WEIGHT, *(LEAST_SHARE * span.weight for span in spans)])
    told = [span for span in spans if span.weight >= heard]
    return _joined(
        text,
        [Mark(span.start, span.end, words.attribute_name(span.attribute).lower(), span.attribute) for span in told],
    )


def _joined(text: str, found: list[Mark]) -> list[Mark]:
    """Neighbours that were marked alike, with only a space between them, are one mark."""
    joined: list[Mark] = []
    for mark in sorted(found, key=lambda each: each.start):
        last = joined[-1] if joined else None
        if last and last.label == mark.label and text[last.end : mark.start].isspace():
            joined[-1] = Mark(last.start, mark.end, mark.label, mark.attribute)
        else:
            joined.append(mark)
    return joined


def pieces(text: str, found: Iterable[Mark]) -> list[Piece]:
    """The whole text, cut at the marks; where marks overlap, the earlier and longer one wins."""
    cut: list[Piece] = []
    at = 0
    for mark in sorted(found, key=lambda each: (each.start, -each.end)):
        start, end = max(mark.start, at), min(mark.end, len(text))
        if start >= end:
            continue
        if start > at:
            cut.append(Piece(text[at:start]))
        cut.append(Piece(text[start:end], mark.label))
        at = end
    if at < len(text):
        cut.append(Piece(text[at:]))
    return cut
