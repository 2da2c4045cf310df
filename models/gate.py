"""May a newly fitted model take the place of the one in service? Every reason why not, as a sentence.

Judged on decisions that the new one did not learn from: does it rank them as well (paired bootstrap over the same
comments), are its probabilities as true, does it still get right what a model must never get wrong, and are its labels
such as moderators give (a fifth of them turned round is not).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from models.metrics import calibration_error, roc_auc

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]

FEWEST, FEWEST_OF_A_SIDE = 40, 5
DRAWS = 400
# How much worse the lower end of the interval may be, since equal models differ by chance; and the middle of it.
AUC_AT_WORST, AUC_MIDDLE = 0.05, 0.01
LOSS_MARGIN, ECE_MARGIN = 0.02, 0.03
CERTAIN = 0.3
# Of what the model in service is certain about, moderators decide so many otherwise anywhere.
USUAL_CONTRADICTIONS, GROWN, SURPRISE = 0.1, 1.5, 0.01
# Of decisions since then, so many more may be otherwise than the head in service says.
STRAYED, SURPRISED_BY_NEW = 0.03, 0.02


@dataclass(frozen=True)
class Judgement:
    reasons: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.reasons

    def beside(self, other: Judgement, *, where: str, prefix: str) -> Judgement:
        """Both at once: what the other was judged by is told as found in that place."""
        new = [told for told in other.reasons if told not in self.reasons]
        figures = {f"{prefix}{name}": value for name, value in other.figures.items()}
        return Judgement([*self.reasons, *(f"{where}: {told}" for told in new)], {**self.figures, **figures})


def judge(rejected: Truth, weight: Floats, before: Floats, after: Floats) -> Judgement:
    """rejected, weight, before, after (n,): held-out decisions and p_reject by the model in service and by the new."""
    if len(rejected) < FEWEST or min(rejected.sum(), (~rejected).sum()) < FEWEST_OF_A_SIDE:
        told = f"{len(rejected)} held-out decisions ({int(rejected.sum())} rejections) are too few to compare on"
        return Judgement([told])
    random = np.random.default_rng(len(rejected))
    gained, lost, mistaken = [], [], []
    for _ in range(DRAWS):
        # Drawn by weight, so that the sample is like the stream; the same rows for both models.
        rows = random.choice(len(rejected), len(rejected), p=weight / weight.sum())
        truth = rejected[rows]
        gained.append(roc_auc(truth, after[rows]) - roc_auc(truth, before[rows]))
        lost.append(_loss(truth, after[rows]).mean() - _loss(truth, before[rows]).mean())
        mistaken.append(calibration_error(truth, after[rows]) - calibration_error(truth, before[rows]))
    low, middle, high = np.nanquantile(gained, [0.025, 0.5, 0.975])
    loss_low, loss = np.quantile(lost, [0.025, 0.5])
    errors = calibration_error(rejected, before), calibration_error(rejected, after)
    reasons = []
    if high < 0 or middle < -AUC_MIDDLE or low < -AUC_AT_WORST:
        reasons.append(f"it ranks recent decisions worse: ROC AUC {middle:+.3f} ({low:+.3f} to {high:+.3f})")
    if loss_low > 0 or loss > LOSS_MARGIN:
        reasons.append(f"its probabilities fit recent decisions worse: log loss {loss:+.3f}")
    # Over fifty rows an error of calibration is mostly chance, so the difference must be more than that too.
    if errors[1] > errors[0] + ECE_MARGIN and np.quantile(mistaken, 0.025) > 0:
        reasons.append(f"its calibration is lost: ECE {errors[1]:.3f}, in service {errors[0]:.3f}")
    figures = {
        "rows": len(rejected), "auc_before": roc_auc(rejected, before), "auc_after": roc_auc(rejected, after),
        "auc_gain": middle, "auc_gain_low": low, "auc_gain_high": high, "log_loss_gain": loss,
        "ece_before": errors[0], "ece_after": errors[1],
    }  # fmt: skip
    return Judgement(reasons, {name: round(float(value), 4) for name, value in figures.items()})


def contradicted(
    rejected: Truth, before: Floats, explained: Floats, usual: float | None = None, familiar: Truth | None = None
) -> tuple[float, str | None]:
    """The share of labels that say the opposite of what the model in service is certain of and that the site's other
    decisions do not explain either; a sentence where it is far more than before (usual), as when somebody turns labels
    round. A site with rules of its own contradicts the model too, but its decisions explain each other.

    explained (n,): p_reject by a head that was fitted without the decision in question. familiar (n,): where the model
    in service can be certain at all; in a language that it does not know a low chance is only a usual one.
    """
    certain = (before < CERTAIN) | (before > 1 - CERTAIN)
    against_both = (rejected != (before > 0.5)) & (rejected != (explained > 0.5))
    share = float(against_both[certain].mean()) if certain.any() else 0.0
    if familiar is not None:
        certain &= familiar
    rows, against = int(certain.sum()), int(against_both[certain].sum())
    allowed = max(USUAL_CONTRADICTIONS, GROWN * (usual or 0.0))
    if against <= allowed * rows or bdtrc(against - 1, rows, allowed) >= SURPRISE:
        return share, None
    return share, (
        f"{against} of {rows} labels say the opposite of what was certain, and no other decision explains them: "
        f"{against / rows:.0%}, where {allowed:.0%} is much; read them again, or somebody teaches it wrongly"
    )


def strayed(against: int, rows: int, usual: float) -> str | None:
    """A sentence where the decisions since the head in service was fitted contradict it far more often than the older
    ones contradicted a head that had not seen them (usual): tastes drift, a fifth of labels turned round leaps."""
    allowed = usual + STRAYED
    if not rows or against <= allowed * rows or bdtrc(against - 1, rows, allowed) >= SURPRISED_BY_NEW:
        return None
    return (
        f"{against} of the {rows} decisions since the head in service was fitted say the opposite of it: "
        f"{against / rows:.0%}, where {usual:.0%} was usual; read them again, or somebody teaches it wrongly"
    )


def cases_lost(
    harmful: Truth, before: Floats, after: Floats, names: list[str], approvals: float = 1.0, rejections: float = 0.0
) -> list[str]:
    """The cases that the model in service has on the right side of even chances and the new one on the wrong, among
    what the site decides the other way: harmful at or below the middle of its approvals, harmless at or above that of
    its rejections, as the new one sees them. A site that rejects half of its comments, or only one kind of abuse, moves
    all chances; that alone unteaches nothing."""
    right_before, right_after = (before > 0.5) == harmful, (after > 0.5) == harmful
    among_the_others = np.where(harmful, after <= approvals, after >= rejections)
    return [names[at] for at in np.flatnonzero(right_before & ~right_after & among_the_others)]


def _loss(truth: Truth, chances: Floats) -> Floats:
    return np.asarray(-np.log(np.clip(np.where(truth, chances, 1 - chances), 1e-4, 1)))
