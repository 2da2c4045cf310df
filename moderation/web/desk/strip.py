"""Where a score falls between the two thresholds: the numbers of a small drawing."""

import json
from dataclasses import dataclass

from moderation.storage.rows import Record


@dataclass(frozen=True, slots=True)
class Strip:
    """Shares of the width, 0..1."""

    score: float
    low: float
    high: float
    approve_below: float | None
    reject_from: float | None

    @property
    def sure_to_approve(self) -> float:
        return max(0.0, min(1.0, self.approve_below or 0.0))

    @property
    def sure_to_reject(self) -> float:
        return max(0.0, min(1.0, 1.0 if self.reject_from is None else self.reject_from))


def strip(look: Record) -> Strip | None:
    """None if the look had no score."""
    if not look.opinion:
        return None
    opinion = json.loads(look.opinion)
    thresholds = json.loads(look.thresholds) if look.thresholds else {}
    score = float(opinion["p_reject"])
    return Strip(
        score, float(opinion.get("low", score)), float(opinion.get("high", score)),
        thresholds.get("approve_below"), thresholds.get("reject_from"),
    )  # fmt: skip
