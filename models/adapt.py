"""Fit a site's own head from a file of its decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models import shelf
from models.site_head import SiteHead, fit
from models.site_look import best_basis


class BadLabels(Exception):
    """A line of the file cannot be learnt from; the message names the line, the field and what is expected."""


def adapt(labels: Path, folder: Path) -> SiteHead:
    """labels: JSON lines, oldest first: {"text": …, "rejected": 0 or 1}, with "probability" in (0, 1] where it was
    drawn."""
    rows = list(_rows(labels))
    texts = [text for text, _, _ in rows]
    rejected = np.array([verdict for _, verdict, _ in rows], dtype=bool)
    weights = np.array([1 / probability for _, _, probability in rows])
    return fit(texts, rejected, weights, best_basis(folder, shelf.open_current(folder)))


def _rows(labels: Path) -> Iterator[tuple[str, bool, float]]:
    try:
        lines = labels.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadLabels(f"{labels}: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _row(json.loads(line))
            except ValueError as error:
                raise BadLabels(f"{labels.name}, line {number}: {error}") from error


def _row(row: object) -> tuple[str, bool, float]:
    if not isinstance(row, dict):
        raise ValueError('expected an object: {"text": …, "rejected": 0 or 1}')
    text, rejected, probability = row.get("text"), row.get("rejected"), row.get("probability", 1.0)
    if not isinstance(text, str):
        raise ValueError('"text" has to be a string')
    if rejected not in (0, 1):
        raise ValueError(f'"rejected" has to be 0 or 1, not {rejected!r}')
    if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 < probability <= 1:
        raise ValueError(f'"probability" has to be above 0 and at most 1, not {probability!r}')
    return text, bool(rejected), float(probability)
