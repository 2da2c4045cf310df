"""The report's pictures: small SVG files, drawn by matplotlib, which only the report needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]
Measured = Mapping[str, tuple[Truth, Floats]]

SIZE = (5.2, 3.6)
BINS = 10


def draw(folder: Path, measured: Measured, retention: Mapping[str, float], functions: Mapping[str, Any]) -> list[Path]:
    """Draws all; measured: set -> truth (n,) and p_reject (n,); retention: kind -> share kept; functions: HateCheck's
    functionality -> shares approved, in review, rejected, and whether it is hateful."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [
        _lines(folder / "reliability.svg", "Reliability", "p_reject", "share to reject", _reliability(measured), True),
        _lines(
            folder / "risk_coverage.svg", "Risk and coverage", "share decided", "share of these decided wrongly",
            {name: risk_coverage(*of) for name, of in measured.items()}, False,
        ),
        _lines(
            folder / "review_budget.svg", "Review budget", "share reviewed", "accuracy with these reviewed",
            _review_budget(measured), False,
        ),
    ]  # fmt: skip
    if retention:
        drawn.append(_bars(folder / "obfuscation.svg", "Caught when disguised, of what is caught plain", retention))
    if functions:
        drawn.append(_stacked(folder / "hatecheck.svg", functions))
    return drawn


def risk_coverage(truth: Truth, chances: Floats) -> tuple[Floats, Floats]:
    """coverage (n,), risk (n,): the surest rows first, each decided by p_reject >= 0.5. Geifman and El-Yaniv 2017."""
    order = np.argsort(-np.abs(chances - 0.5), kind="stable")
    wrong = ((chances >= 0.5) != truth)[order]
    decided = np.arange(1, len(wrong) + 1)
    return decided / len(wrong), np.cumsum(wrong) / decided


def collaborative_accuracy(truth: Truth, chances: Floats, reviewed: float) -> float:
    """Accuracy when the floor(n * reviewed) least sure rows are decided by a person who is always right.
    Kivlichan and others, WOAH 2021: OC-Acc."""
    order = np.argsort(np.abs(chances - 0.5), kind="stable")
    wrong = ((chances >= 0.5) != truth)[order]
    return float(1 - wrong[int(len(wrong) * reviewed) :].sum() / len(wrong))


def learning_curves(folder: Path, sets: Mapping[str, Sequence[tuple[int, float]]]) -> Path:
    """sets: name -> (decided comments, ROC AUC of the site's own head in the second look), the shipped one at 0."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = {
        name: (np.array([count for count, _ in points]), np.array([area for _, area in points]))
        for name, points in sets.items()
    }
    return _lines(folder / "learning.svg", "A site's own head", "decided comments", "ROC AUC", lines, False)


def _reliability(measured: Measured) -> dict[str, tuple[Floats, Floats]]:
    found = {}
    for name, (truth, chances) in measured.items():
        which = np.minimum((chances * BINS).astype(int), BINS - 1)
        count = np.bincount(which, minlength=BINS)
        full = count > 0
        means = [np.bincount(which, weights=of, minlength=BINS)[full] / count[full] for of in (chances, truth)]
        found[name] = (means[0], means[1])
    return found


def _review_budget(measured: Measured) -> dict[str, tuple[Floats, Floats]]:
    shares = np.linspace(0, 0.5, 26)
    return {
        name: (shares, np.array([collaborative_accuracy(*of, share) for share in shares]))
        for name, of in measured.items()
    }


def _canvas() -> Any:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "moderato"
    from matplotlib import pyplot

    return pyplot


def _save(pyplot: Any, path: Path) -> Path:
    pyplot.tight_layout()
    pyplot.savefig(path, metadata={"Date": None})
    pyplot.close()
    return path


def _lines(
    path: Path, title: str, across: str, up: str, lines: Mapping[str, tuple[Floats, Floats]], diagonal: bool
) -> Path:
    pyplot = _canvas()
    pyplot.figure(figsize=SIZE)
    if diagonal:
        pyplot.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, (xs, ys) in lines.items():
        keep = np.unique(np.linspace(0, len(xs) - 1, min(len(xs), 200)).astype(int))
        pyplot.plot(xs[keep], ys[keep], marker="." if len(keep) <= 26 else "", linewidth=1.4, label=name)
    pyplot.title(title)
    pyplot.xlabel(across)
    pyplot.ylabel(up)
    pyplot.legend(fontsize=7, frameon=False)
    return _save(pyplot, path)


def _bars(path: Path, title: str, values: Mapping[str, float]) -> Path:
    pyplot = _canvas()
    pyplot.figure(figsize=SIZE)
    pyplot.barh(list(values)[::-1], list(values.values())[::-1], color="#4a7c8c")
    pyplot.axvline(0.95, color="0.4", linewidth=1, linestyle="--")
    pyplot.title(title, fontsize=10)
    return _save(pyplot, path)


def _stacked(path: Path, functions: Mapping[str, Any]) -> Path:
    pyplot = _canvas()
    pyplot.figure(figsize=(6.4, 6.4))
    names = sorted(functions, key=lambda name: (functions[name]["hateful"], name), reverse=True)
    left = np.zeros(len(names))
    for band, colour in (("approved", "#7fa88a"), ("review", "#d8d3c5"), ("rejected", "#b5645a")):
        shares = np.array([functions[name][band] for name in names])
        pyplot.barh(names, shares, left=left, color=colour, label=band)
        left += shares
    for label, name in zip(pyplot.gca().get_yticklabels(), names, strict=True):
        label.set_fontweight("bold" if functions[name]["hateful"] else "normal")
    pyplot.tick_params(axis="y", labelsize=6)
    pyplot.title("HateCheck by functionality (bold: hateful)", fontsize=10)
    pyplot.legend(fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.05), ncol=3)
    return _save(pyplot, path)
