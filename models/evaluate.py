"""Measure a model on sets it was never fitted or tuned on, beside trivial baselines, as Markdown.

Nothing may be chosen by looking at these figures. Without the evaluation sets the excerpts of the tests
stand in; the report then says so, and says nothing about the model.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models import sections
from models.classifier import Classifier
from models.datasets import NoTrainingData, find, rows
from models.metrics import bpsn_auc, calibration_error, character_f1, interval, roc_auc
from models.plots import draw
from models.word_list import listed_words

Truth = NDArray[np.bool_]
Floats = NDArray[np.float64]

BATCH = 128
# Name of the set, and the label that says a comment is to be rejected.
SETS = {
    "wikipedia_talk_test": "toxic",
    "impermium_insults_test": "insult",
    "social_media_toxicity": "toxic",
    "hatecheck": "hateful",
    "identity_templates": "toxic",
    "german_news_show_comments": "toxic",
    "multilingual_hatecheck": "hateful",
    "civil_comments_spans": "toxic",
    "toxic_and_neutral_rewrites": "toxic",
    "hatemoji": "hateful",
    "spam_youtube": "spam",
}
IDENTITY_TERMS = (
    "lesbian gay bisexual transgender trans queer lgbt lgbtq homosexual straight heterosexual male female nonbinary "
    "african black white european hispanic latino latina latinx mexican canadian american asian indian chinese "
    "japanese christian muslim jewish buddhist catholic protestant sikh taoist old older young younger teenage "
    "millenial elderly blind deaf paralyzed"
).split()
TIMED = 2_000
ENGLISH = ("wikipedia_talk_test", "impermium_insults_test", "social_media_toxicity", "hatecheck", "spam_youtube")
DISGUISED = ("wikipedia_talk_test", "impermium_insults_test", "social_media_toxicity")


@dataclass(frozen=True)
class Scored:
    """One set: truth, p_reject and toxicity, words on the list, band of each row."""

    truth: Truth
    p_reject: Floats
    toxicity: Floats
    listed: Floats
    bands: NDArray[np.str_]


def report(
    model: Classifier, folder: Path, progress: bool = True, plots: Path | None = None, peers: Sequence[Path] = ()
) -> str:
    """plots: a folder that gets the pictures; peers: interpreters of environments in which peers are installed."""
    names = [name for name in SETS if find(folder, name)]
    if not names:
        raise NoTrainingData(f"{folder} holds none of {', '.join(SETS)} (.jsonl or .jsonl.xz)")
    lines = [f"Model {model.version}, measured on {folder.name}/; 95% bootstrap intervals in brackets.", ""]
    lines += [
        "| set | rows | to reject | ROC AUC p_reject | toxicity alone | word list | ECE |",
        "|---|---|---|---|---|---|---|",
    ]
    scored = {}
    for name in tqdm(names, desc="measuring", unit="set", disable=not progress):
        kept = list(rows(_path(folder, name)))
        scored[name] = _score(model, kept, SETS[name])
        lines.append(_quality(name, scored[name]))
    lines += ["", *_bands(scored)]
    lines += ["", *_special(model, folder, scored)]
    lines += ["", *_more(model, folder, scored, plots, peers)]
    return "\n".join([*lines, "", *_speed(model, folder, names), ""])


def _more(
    model: Classifier, folder: Path, scored: dict[str, Scored], plots: Path | None, peers: Sequence[Path]
) -> list[str]:
    """Disguises, viewpoints, review budget, HateCheck, peers, and the pictures."""
    alike = {name: (of.truth, of.p_reject) for name, of in scored.items() if name in ENGLISH}
    lines = [sections.viewpoint_parity(model), "", *sections.review_budget(alike), ""]
    texts = {name: [row["text"] for row in rows(_path(folder, name))] for name in alike}
    on = [name for name in DISGUISED if name in texts]
    disguised, kept = sections.disguises(
        model, [text for name in on for text in texts[name]], np.concatenate([scored[name].truth for name in on]),
        ", ".join(on),
    ) if on else ([], {})  # fmt: skip
    lines += disguised
    functions = {}
    if "hatecheck" in scored:
        of = scored["hatecheck"]
        functions = sections.by_functionality(list(rows(_path(folder, "hatecheck"))), of.truth, of.bands)
        lines += ["", *sections.functionality_table(functions)]
    if peers:
        sets = {name: (texts[name], scored[name].truth) for name in alike}
        ours = {name: roc_auc(*alike[name]) for name in alike}
        lines += ["", *sections.peer_table(peers, sets, ours)]
    if plots:
        drawn = draw(plots, alike, kept, functions)
        lines += ["", *(f"![{path.stem}](plots/{path.name})" for path in drawn)]
    return lines


def _path(folder: Path, name: str) -> Path:
    path = find(folder, name)
    if path is None:
        raise NoTrainingData(f"{folder} has no {name}")
    return path


def _score(model: Classifier, kept: Sequence[dict[str, Any]], label: str) -> Scored:
    texts = [row["text"] for row in kept]
    scores = [score for part in _parts(texts) for score in model.score(part)]
    return Scored(
        np.array([row["labels"][label] >= 0.5 for row in kept]),
        np.array([score.p_reject for score in scores]),
        np.array([score.attributes["toxicity"] for score in scores]),
        listed_words(texts).astype(float),
        np.array([model.band_of(score) for score in scores]),
    )


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[at : at + BATCH] for at in range(0, len(texts), BATCH))


def _quality(name: str, of: Scored) -> str:
    low, high = interval(lambda drawn: roc_auc(of.truth[drawn], of.p_reject[drawn]), len(of.truth))
    areas = f"{roc_auc(of.truth, of.p_reject):.3f} [{low:.3f}, {high:.3f}]"
    others = f"{roc_auc(of.truth, of.toxicity):.3f} | {roc_auc(of.truth, of.listed):.3f}"
    error = calibration_error(of.truth, of.p_reject)
    return f"| {name} | {len(of.truth):,} | {of.truth.mean():.1%} | {areas} | {others} | {error:.3f} |"


def _bands(scored: dict[str, Scored]) -> list[str]:
    lines = [
        "| set | approved | review | rejected or spam | wrong approvals | approving all | wrong rejections |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, of in scored.items():
        approved, review = of.bands == "auto_approve", of.bands == "review"
        refused = ~approved & ~review
        wrong = f"{_rate(of.truth, approved)} | {of.truth.mean():.1%} | {_rate(~of.truth, refused)}"
        lines.append(f"| {name} | {approved.mean():.1%} | {review.mean():.1%} | {refused.mean():.1%} | {wrong} |")
    return lines


def _rate(wrong: Truth, decided: Truth) -> str:
    """The share with its interval, by drawing the decided rows again."""
    if not decided.any():
        return "none decided"
    hit = wrong[decided].astype(float)
    low, high = interval(lambda drawn: float(hit[drawn].mean()), len(hit))
    return f"{hit.mean():.1%} [{low:.1%}, {high:.1%}]"


def _special(model: Classifier, folder: Path, scored: dict[str, Scored]) -> list[str]:
    lines = []
    if "hatecheck" in scored:
        of = scored["hatecheck"]
        approved, rejected = of.bands == "auto_approve", of.bands == "auto_reject"
        lines.append(
            f"- HateCheck: {approved[of.truth].mean():.1%} of the hateful cases are approved, "
            f"{rejected[~of.truth].mean():.1%} of the harmless ones rejected; the rest waits for a person."
        )
    if "identity_templates" in scored:
        lines.append(f"- {_identity(folder, scored['identity_templates'])}")
    if find(folder, "civil_comments_spans_test"):
        lines.append(f"- {_spans(model, folder)}")
    return lines


def _identity(folder: Path, of: Scored) -> str:
    words = [set(row["text"].lower().split()) for row in rows(_path(folder, "identity_templates"))]
    areas = {}
    for term in IDENTITY_TERMS:
        mentions = np.array([term in text for text in words])
        if mentions.any():
            areas[term] = bpsn_auc(of.truth, of.toxicity, mentions)
    worst = sorted(areas, key=lambda term: areas[term])[:3]
    named = ", ".join(f"{term} {areas[term]:.3f}" for term in worst)
    return f"Identity templates: BPSN AUC of toxicity, the lowest of {len(areas)} terms: {named}."


def _spans(model: Classifier, folder: Path) -> str:
    kept = list(rows(_path(folder, "civil_comments_spans_test")))
    gold = [set(row["toxic_chars"]) for row in kept]
    ours = [
        {at for span in model.explain(row["text"]) if span.weight >= 1 for at in range(span.start, span.end)}
        for row in kept
    ]
    listed = [_listed_characters(row["text"]) for row in kept]
    return (
        f"Marked words (weight 1 and more), character F1 on civil_comments_spans_test: {character_f1(ours, gold):.3f}; "
        f"word list {character_f1(listed, gold):.3f}; marking nothing {character_f1([set()] * len(gold), gold):.3f}."
    )


def _listed_characters(text: str) -> set[int]:
    found: set[int] = set()
    at = 0
    for word in text.split():
        at = text.index(word, at)
        if listed_words([word])[0]:
            found |= set(range(at, at + len(word)))
        at += len(word)
    return found


def _speed(model: Classifier, folder: Path, names: Sequence[str]) -> list[str]:
    path = find(folder, "comment_stream_unlabelled") or _path(folder, names[0])
    texts = [row["text"] for row, _ in zip(rows(path), range(TIMED), strict=False)]
    for text in texts[:100]:
        model.score([text])
    single = sorted(_milliseconds(lambda text=text: model.score([text])) for text in texts)
    why = sorted(_milliseconds(lambda text=text: model.look([text])) for text in texts)
    batches = sum(_milliseconds(lambda part=part: model.look(part)) for part in _parts(texts)) / 1_000
    return [
        f"Speed on {path.name.partition('.')[0]} ({len(texts):,} texts), processor time of one core: a score "
        f"{statistics.median(single):.2f} ms (p99 {single[int(len(single) * 0.99)]:.2f}), with its spans "
        f"{statistics.median(why):.2f} ms (p99 {why[int(len(why) * 0.99)]:.2f}); batches of {BATCH} "
        f"with spans: {len(texts) / batches:,.0f} a second."
    ]


def _milliseconds(work: Any) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1e6
