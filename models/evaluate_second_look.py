"""Measure the second look and sites' own heads on sets that nothing was fitted or chosen on, as Markdown.

A site is played by a set: a random n of its comments are the ones that its moderators decided, the rest is the test.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from models.cascade_sections import DISGUISED, harm, of_the_cascade
from models.classifier import Score
from models.datasets import NoTrainingData, find, rows
from models.encoder import Vectors
from models.evaluate import IDENTITY_TERMS, SETS
from models.metrics import bpsn_auc, interval, roc_auc
from models.nearest_vectors import NearestVectors
from models.plots import learning_curves
from models.second_look import SecondLook
from models.similarity import NearestTexts, Neighbour
from models.site_head import Basis, distilled, fit_weights, part_of
from models.vector_cache import cached_vectors

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]
Rows = NDArray[np.int64]

MEASURED = (
    "wikipedia_talk_test", "impermium_insults_test", "social_media_toxicity", "hatecheck", "identity_templates",
    "german_news_show_comments", "multilingual_hatecheck",
)  # fmt: skip
SITES = ("impermium_insults_test", "social_media_toxicity", "german_news_show_comments")
DECIDED = (30, 100, 300, 1_000)
DRAWS = 20
MOST_DECIDED = 0.5  # of a set: the rest has to be enough to test on
SHOWN = 5
TIMED = 500


@dataclass(frozen=True)
class Measured:
    """One set: what is to be rejected, and what each look makes of it."""

    texts: list[str]
    truth: Truth
    vectors: Vectors
    first: list[Score]
    second: list[Score]
    basis: Basis
    first_basis: Basis


def report(
    look: SecondLook, folder: Path, cache: Path, draws: int = DRAWS, plots: Path | None = None, progress: bool = True
) -> str:
    """plots: a folder that gets the learning curves."""
    names = [name for name in MEASURED if find(folder, name)]
    if not names:
        raise NoTrainingData(f"{folder} holds none of {', '.join(MEASURED)} (.jsonl or .jsonl.xz)")
    measured = {name: _measure(look, folder, name, cache, progress) for name in names}
    sites = [name for name in SITES if name in measured]
    learnt = {name: _learning(measured[name], draws, progress, name) for name in sites if draws}
    parts = [
        f"{look.version} behind {look.first.version}, vectors by {look.encoder.version}; measured on {folder.name}/.",
        _decided(look),
        _areas(look, measured),
        *_as_in_service(look, measured),
        _precedents({name: measured[name] for name in sites}),
        _speed(look, measured[names[0]].texts),
        *(_learning_table(name, found, draws) for name, found in learnt.items()),
    ]
    if plots and learnt:
        parts.append(f"![learning]({plots.name}/{learning_curves(plots, _curves(learnt)).name})")
    return "\n\n".join(parts) + "\n"


def _measure(look: SecondLook, folder: Path, name: str, cache: Path, progress: bool) -> Measured:
    path = find(folder, name)
    assert path is not None
    kept = list(rows(path))
    texts = [row["text"] for row in kept]
    vectors = cached_vectors(look.encoder, texts, cache, progress)
    first, second = [], []
    for at in range(0, len(texts), 512):
        first += look.first.score(texts[at : at + 512])
        second += look.score_vectors(texts[at : at + 512], vectors[at : at + 512])
    few = texts if name in SITES else texts[:1]
    truth = np.array([row["labels"][SETS[name]] >= 0.5 for row in kept])
    basis, first_basis = look.basis_of(few, vectors[: len(few)]), look.first_basis(few)
    return Measured(texts, truth, vectors, first, second, basis, first_basis)


def _decided(look: SecondLook) -> str:
    mix = look.manifest["bands"]["reference mix"]
    left = look.manifest["leave_review"]
    return (
        f"**Bands**, on held-out rows of the reference mix that no fit and no choice has seen: {left:.1%} of what the "
        f"first look leaves to a person is decided by the second. Both together approve {mix['auto_approve']:.1%}, of "
        f"it {mix['wrong_approvals']:.2%} wrongly (at most {mix['wrong_approvals_at_most']:.2%} with 95% confidence), "
        f"and reject {mix['auto_reject']:.1%}, of it {mix['wrong_rejections']:.1%} wrongly "
        f"(at most {mix['wrong_rejections_at_most']:.1%}); {mix['review']:.1%} wait for a person."
    )


def _areas(look: SecondLook, measured: dict[str, Measured]) -> str:
    lines = [
        "| set | rows | first look | second look | both as in service | leave review | approved, of it wrong | "
        "rejected, of it wrong |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, of in measured.items():
        first, second, both, bands = _of_both(look, of)
        low, high = _area_interval(of.truth, second)
        open_ = np.array([look.first.band_of(score) == "review" for score in of.first])
        left = float((bands[open_] != "review").mean()) if open_.any() else 0.0
        refused = (bands == "auto_reject") | (bands == "auto_spam")
        lines.append(
            f"| {name} | {len(second):,} | {roc_auc(of.truth, first):.3f} | "
            f"**{roc_auc(of.truth, second):.3f}** [{low:.3f}, {high:.3f}] | {roc_auc(of.truth, both):.3f} | "
            f"{left:.1%} | {_share(bands == 'auto_approve', of.truth)} | {_share(refused, ~of.truth)} |"
        )
    if "identity_templates" in measured:
        lines += ["", _identity(measured["identity_templates"])]
    return "\n".join(lines)


def _as_in_service(look: SecondLook, measured: dict[str, Measured]) -> list[str]:
    parts = []
    if "hatecheck" in measured:
        of = measured["hatecheck"]
        parts.append(harm(of.truth, _of_both(look, of)[3]))
    disguised = measured.get(DISGUISED)
    return [*parts, *of_the_cascade(look, (disguised.texts, disguised.truth) if disguised else None)]


def _area_interval(truth: Truth, scores: Floats) -> tuple[float, float]:
    return interval(lambda drawn: roc_auc(truth[drawn], scores[drawn]), len(scores))


def _of_both(look: SecondLook, of: Measured) -> tuple[Floats, Floats, Floats, NDArray[np.str_]]:
    first, second = (np.array([score.p_reject for score in scores]) for scores in (of.first, of.second))
    first_bands = np.array([look.first.band_of(score) for score in of.first])
    open_ = first_bands == "review"
    bands = np.where(open_, [look.band_of(score) for score in of.second], first_bands)
    return first, second, np.where(open_, second, first), bands


def _share(decided: Truth, wrong: Truth) -> str:
    return f"{decided.mean():.1%}, {wrong[decided].mean():.1%}" if decided.any() else "none"


def _identity(of: Measured) -> str:
    words = [set(text.lower().split()) for text in of.texts]
    scores = np.array([score.attributes["toxicity"] for score in of.second])
    areas = {}
    for term in IDENTITY_TERMS:
        mentions = np.array([term in text for text in words])
        if mentions.any():
            areas[term] = bpsn_auc(of.truth, scores, mentions)
    worst = sorted(areas, key=lambda term: areas[term])[:3]
    return "Identity templates, BPSN AUC, the lowest: " + ", ".join(f"{term} {areas[term]:.3f}" for term in worst) + "."


def _precedents(sites: dict[str, Measured]) -> str:
    """Of the five nearest of 1,000 decided comments, the share with the comment's own verdict."""
    lines = [
        f"**Precedents**: 1,000 comments of a set are decided; share of the {SHOWN} shown that have the verdict of the "
        "comment they are shown beside.",
        "",
        "| set | by meaning | by words (TF-IDF) | at random | beside comments to reject: meaning, words, random |",
        "|---|---|---|---|---|",
    ]
    for name, of in sites.items():
        drawn = np.random.default_rng(0).permutation(len(of.texts))
        decided, asked = drawn[: min(1_000, len(drawn) // 2)], drawn[min(1_000, len(drawn) // 2) :][:1_000]
        keys = [str(row) for row in decided]
        meanings, texts = NearestVectors(), NearestTexts()
        meanings.add(dict(zip(keys, of.vectors[decided], strict=True)))
        texts.add(keys, [of.texts[row] for row in decided])
        shares = [
            _agreement(of.truth, asked, meanings.nearest(of.vectors[asked], SHOWN)),
            _agreement(of.truth, asked, texts.nearest([of.texts[row] for row in asked], SHOWN)),
            np.where(of.truth[asked], of.truth[decided].mean(), 1 - of.truth[decided].mean()),
        ]
        whole = " | ".join(f"{share.mean():.1%}" for share in shares)
        rejected = ", ".join(f"{share[of.truth[asked]].mean():.1%}" for share in shares)
        lines.append(f"| {name} | {whole} | {rejected} |")
    return "\n".join(lines)


def _agreement(truth: Truth, asked: Rows, found: Sequence[Sequence[Neighbour]]) -> Floats:
    return np.array(
        [np.mean([truth[int(one.key)] == truth[row] for one in near]) for row, near in zip(asked, found, strict=True)]
    )


def _learning(of: Measured, draws: int, progress: bool, name: str) -> dict[int, Floats]:
    """By number of decisions: (draws, 5) areas, as _one_draw gives them."""
    first = np.array([score.p_reject for score in of.first])
    return {
        count: np.array(
            [
                _one_draw(of, first, count, draw)
                for draw in tqdm(range(draws), desc=f"{name} {count}", unit="draw", disable=not progress)
            ]
        )
        for count in DECIDED
        if count <= len(of.texts) * MOST_DECIDED
    }


def _curves(learnt: dict[str, dict[int, Floats]]) -> dict[str, list[tuple[int, float]]]:
    """Of each set: from the shipped second look, at no decision, to the head of most decisions."""
    return {
        name: [(0, float(next(iter(found.values()))[:, 1].mean()))]
        + [(count, float(areas[:, 4].mean())) for count, areas in found.items()]
        for name, found in learnt.items()
    }


def _learning_table(name: str, learnt: dict[int, Floats], draws: int) -> str:
    lines = [
        f"**Learning** on {name}, mean ROC AUC of {draws} draws [lowest and highest 2.5% of the differences from the "
        "shipped second look]:",
        "",
        "| decided | shipped: first, second | own TF-IDF alone | own head in the first look | own head in the second |",
        "|---|---|---|---|---|",
    ]
    for count, found in learnt.items():
        mean = found.mean(axis=0)
        low, high = np.quantile(found[:, 4] - found[:, 1], [0.025, 0.975])
        lines.append(
            f"| {count:,} | {mean[0]:.3f}, {mean[1]:.3f} | {mean[2]:.3f} | {mean[3]:.3f} | "
            f"**{mean[4]:.3f}** [{low:+.3f}, {high:+.3f}] |"
        )
    return "\n".join(lines)


def _one_draw(of: Measured, first: Floats, count: int, draw: int) -> tuple[float, ...]:
    drawn = np.random.default_rng(1_000 * count + draw).permutation(len(of.texts))
    own, rest = drawn[:count], drawn[count:]
    truth, basis = of.truth[own], part_of(of.basis, own)
    if truth.all() or not truth.any():
        raise NoTrainingData(f"{count} draws of one kind only")
    none = np.zeros((count, 0))
    full = fit_weights(basis, truth, np.ones(count), none)
    everywhere = np.zeros((len(of.texts), 0))
    said = of.basis.prior + full.delta(of.basis, everywhere)
    light = distilled(said[own], part_of(of.first_basis, own), none)
    area = _area_on(of, rest)
    return (
        area(first),
        area(of.basis.prior),
        area(_own_words(of.basis, own, truth)),
        area(of.first_basis.prior + light.delta(of.first_basis, everywhere)),
        area(said),
    )


def _area_on(of: Measured, rest: Rows) -> Callable[[Floats], float]:
    return lambda scores: roc_auc(of.truth[rest], scores[rest])


def _own_words(basis: Basis, own: Rows, truth: Truth) -> Floats:
    """What a site could do without any shipped model: words and characters of its own decisions alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        seen = np.unique(basis.words[own].indices)
        model = LogisticRegression(C=10, class_weight="balanced").fit(basis.words[own][:, seen], truth)
    return np.asarray(model.decision_function(basis.words[:, seen]))


def _speed(look: SecondLook, texts: Sequence[str]) -> str:
    texts = texts[:TIMED]
    single = sorted(_milliseconds(look, [text]) for text in texts)
    batches = sum(_milliseconds(look, texts[at : at + 64]) for at in range(0, len(texts), 64))
    mean = statistics.mean(len(text) for text in texts)
    return (
        f"**Speed**, processor time of one core, {len(texts)} comments of {mean:.0f} characters on average: one alone "
        f"{statistics.median(single):.1f} ms (p99 {single[int(len(single) * 0.99)]:.1f}); in batches of 64 "
        f"{1_000 * len(texts) / batches:,.0f} a second."
    )


def _milliseconds(look: SecondLook, texts: Sequence[str]) -> float:
    began = time.process_time_ns()
    look.score(texts)
    return (time.process_time_ns() - began) / 1e6
