"""The bands of a site by its own labels: what they certify, and how far a band is drawn in when its budget breaks."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.budgets import Bands, choose, refusal
from models.guarantee import Band as Certified
from moderation.domain.comment import Band, State
from moderation.domain.finding import Code
from moderation.domain.policy import Policy, Thresholds
from moderation.storage.rows import Record

# Each time a budget breaks and the labels certify nothing better, the odds of the threshold are halved.
STEP = 2.0
NEVER_APPROVE, NEVER_REJECT = 0.0, 1.0 + 1e-9
SMALLEST_APPROVAL, LARGEST_REJECTION = 0.001, 0.999


@dataclass(frozen=True, slots=True)
class Row:
    """A comment that the score alone decided or held: its interval, whether a moderator rejects it, and how likely it
    was to come before one. rejected is None while nobody has decided."""

    low: float
    high: float
    rejected: bool | None
    probability: float


def rows(audited: Iterable[Record], held: Iterable[Record], model: str) -> list[Row]:
    """What this model's scores decided (its audited part) or held (all of it)."""
    found = [_row(one, one.probability) for one in audited if one.model == model and _by_score(one, one.band)]
    return found + [_row(one, 1.0) for one in held if one.model == model and _by_score(one, Band.REVIEW)]


def _by_score(row: Record, band: str) -> bool:
    """A comment about which a rule had something to say, too, says nothing about the bands of the score."""
    return json.loads(row.because) == ([] if band == Band.AUTO_APPROVE else [Code.LIKELY_REJECTED])


def _row(row: Record, probability: float) -> Row:
    opinion: dict[str, Any] = json.loads(row.opinion)
    rejected = None if row.verdict is None else row.verdict != State.APPROVED
    return Row(float(opinion["low"]), float(opinion["high"]), rejected, probability)


def certified(found: list[Row], policy: Policy) -> Bands:
    """The widest bands that keep both budgets. A held comment that nobody has decided yet counts as an error on
    either side: left out, the easy ones that are decided first would speak for the hard ones that wait."""
    low, high = np.array([row.low for row in found]), np.array([row.high for row in found])
    weight = np.array([1 / row.probability for row in found])
    undecided = np.array([row.rejected is None for row in found], dtype=bool)
    rejected = np.array([bool(row.rejected) for row in found], dtype=bool)
    budgets = {
        "max_wrong_approvals": policy.max_wrong_approvals,
        "max_wrong_rejections": policy.max_wrong_rejections,
        "confidence": policy.budget_confidence,
    }
    if not undecided.any():
        return choose(low, high, rejected, weight, **budgets)
    approving = choose(low, high, rejected | undecided, weight, **budgets)
    rejecting = choose(low, high, rejected & ~undecided, weight, **budgets)
    return Bands(approving.approve_below, rejecting.reject_from, approving.approvals, rejecting.rejections)


def chosen(bands: Bands, before: Thresholds) -> tuple[Thresholds, list[str]]:
    """Each side as its labels certify it, or as it was, with the sentence that says what is missing."""
    # Where no label lies beyond the band, it is the band as it is that was certified, and nothing beyond.
    as_it_is = bands.approvals.is_empty or bands.approvals.next == np.inf
    approve_below = before.approve_below if as_it_is else bands.approve_below
    reject_from = before.reject_from if bands.rejections.is_empty else bands.reject_from
    told = [_told(what, band) for what, band in (("approvals", bands.approvals), ("rejections", bands.rejections))]
    return Thresholds(min(approve_below, reject_from), max(approve_below, reject_from), before.spam_from), told


def _told(what: str, band: Certified) -> str:
    if band.is_empty:
        return refusal(what, band)
    promise = f"at most {band.budget:.2%} with {band.confidence:.0%} confidence"
    return f"{what}: {band.errors} of {band.rows} labelled were wrong, {promise}"


def drawn_in(before: Thresholds, bands: Bands, *, approvals: bool, rejections: bool) -> Thresholds:
    """The thresholds after one or both budgets broke: what is certified where that is narrower, else half the odds;
    after some steps nothing is decided automatically on that side."""
    approve_below, reject_from, spam_from = before.approve_below, before.reject_from, before.spam_from
    if approvals:
        step = _odds(approve_below, 1 / STEP)
        step = step if step >= SMALLEST_APPROVAL else NEVER_APPROVE
        approve_below = step if bands.approvals.is_empty else min(step, bands.approve_below)
    if rejections:
        step = _odds(reject_from, STEP)
        step = step if step <= LARGEST_REJECTION else NEVER_REJECT
        reject_from = step if bands.rejections.is_empty else max(step, bands.reject_from)
        spam_from = _odds(spam_from, STEP)
        spam_from = spam_from if spam_from <= LARGEST_REJECTION else NEVER_REJECT
    return Thresholds(approve_below, reject_from, spam_from)


def _odds(chance: float, factor: float) -> float:
    if chance <= 0 or chance >= 1:
        return chance
    return 1 / (1 + math.exp(-(math.log(chance / (1 - chance)) + math.log(factor))))
