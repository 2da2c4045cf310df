"""Parts of the report beyond areas and bands: disguises, viewpoints, functionalities, review budget, peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import peers, retention
from models.classifier import Classifier
from models.metrics import roc_auc
from models.plots import collaborative_accuracy
from models.site_look import Cascade
from models.viewpoints import pairs

Truth = NDArray[np.bool_]
Floats = NDArray[np.float64]
Bands = NDArray[np.str_]
BUDGETS = (0.05, 0.1, 0.2)


def disguises(
    model: Classifier | Cascade, texts: Sequence[str], truth: Truth, named: str
) -> tuple[list[str], dict[str, float]]:
    """A table by kind, a line about the pairs, and the kinds' shares for the plot."""
    found, both = retention.single(model, texts, truth), retention.pairs(model, texts, truth)
    lines = [
        f"Disguised, on {named}: of the {found[0].rows:,} harmful texts with a strong word in them, the recall at "
        f"p_reject {retention.CAUGHT} that is left, and by how many points more of {found[0].harmless:,} harmless ones "
        "are caught.",
        "",
        "| disguise | recall kept | harmless caught |",
        "|---|---|---|",
        *(f"| {kept.kind} | {kept.kept:.1%} | {kept.moved * 100:+.2f} points |" for kept in found),
        "",
    ]
    worst = sorted(both, key=lambda kept: kept.kept)[:3]
    named_pairs = ", ".join(f"{kept.kind} {kept.kept:.1%}" for kept in worst)
    median = float(np.median([kept.kept for kept in both]))
    moved = max(kept.moved for kept in both) * 100
    lines.append(
        f"Two at once ({len(both)} pairs, {both[0].rows} and {both[0].harmless} of these texts): median {median:.1%}, "
        f"lowest {named_pairs}; harmless texts move by at most {moved:+.2f} points."
    )
    return lines, {kept.kind: kept.kept for kept in found}


def viewpoint_parity(model: Classifier | Cascade) -> str:
    both = pairs()
    one, other = (model.score([pair[side] for pair in both]) for side in (0, 1))
    differ = np.array([model.band_of(a) != model.band_of(b) for a, b in zip(one, other, strict=True)])
    gaps = np.array([a.p_reject - b.p_reject for a, b in zip(one, other, strict=True)])
    return (
        f"Viewpoints: over {len(both):,} pairs of sentences for and against the same thing, or about one side and the "
        f"other (models/viewpoints.py), the band differs in {differ.mean():.1%} and p_reject by "
        f"{np.abs(gaps).mean():.4f} on average (at most {np.abs(gaps).max():.3f}; with its sign {gaps.mean():+.4f})."
    )


def by_functionality(rows: Sequence[Mapping[str, Any]], truth: Truth, bands: Bands) -> dict[str, dict[str, Any]]:
    names = np.array([row["functionality"] for row in rows])
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(set(names.tolist())):
        mine = names == name
        approved, review = (float((bands[mine] == band).mean()) for band in ("auto_approve", "review"))
        found[name] = {
            "cases": int(mine.sum()),
            "hateful": bool(truth[mine].mean() >= 0.5),
            "approved": approved,
            "review": review,
            "rejected": 1 - approved - review,
        }
    return found


def functionality_table(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [
        "| HateCheck functionality | cases | hateful | approved | review | rejected |",
        "|---|---|---|---|---|---|",
    ]
    for name, of in found.items():
        shares = " | ".join(f"{of[band]:.1%}" for band in ("approved", "review", "rejected"))
        lines.append(f"| {name} | {of['cases']} | {'yes' if of['hateful'] else 'no'} | {shares} |")
    return lines


def review_budget(measured: Mapping[str, tuple[Truth, Floats]]) -> list[str]:
    """Accuracy at p_reject 0.5 when the least sure share is reviewed, beside approving everything."""
    heads = " | ".join(f"{share:.0%} reviewed" for share in BUDGETS)
    lines = [f"| set | approving all | none reviewed | {heads} |", "|---|---|---|---|---|---|"]
    for name, (truth, chances) in measured.items():
        found = " | ".join(f"{collaborative_accuracy(truth, chances, share):.1%}" for share in (0.0, *BUDGETS))
        lines.append(f"| {name} | {1 - truth.mean():.1%} | {found} |")
    return lines


def peer_table(
    pythons: Sequence[Path], sets: Mapping[str, tuple[Sequence[str], Truth]], ours: Mapping[str, float]
) -> list[str]:
    """ROC AUC of each peer on each set, in the first of the environments in which it runs."""
    lines = [f"| ROC AUC | {' | '.join(sets)} |", "|---|" + "---|" * len(sets)]
    lines.append("| this model | " + " | ".join(f"{ours[name]:.3f}" for name in sets) + " |")
    for peer in peers.PEERS:
        cells = []
        for texts, truth in sets.values():
            answers = [peers.scores(python, peer, texts) for python in pythons]
            areas = [f"{roc_auc(truth, answer):.3f}" for answer in answers if not isinstance(answer, str)]
            cells.append(areas[0] if areas else next(answer for answer in answers if isinstance(answer, str)))
            if not areas:
                break
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    return lines
