"""Where the machine decides alone. By which rule the thresholds are chosen: budgets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OperatingPoint:
    """Approve below one, reject from the other (as spam from spam_from), review between; see band."""

    approve_below: float
    reject_from: float
    spam_from: float


def band(low: float, high: float, spam: float, point: OperatingPoint) -> str:
    if high < point.approve_below:
        return "auto_approve"
    if low >= point.reject_from:
        return "auto_spam" if spam >= point.spam_from else "auto_reject"
    return "review"
