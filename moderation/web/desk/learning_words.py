"""What a fit found, in sentences."""

from flask_babel import gettext as _
from flask_babel import ngettext

from moderation.services.learned import (
    FITTED,
    MODEL_PROMOTED,
    MODEL_ROLLED_BACK,
    PROMOTED,
    REFUSED,
    ROLLED_BACK,
    Report,
)
from moderation.web.desk import words


def gate(report: Report) -> list[str]:
    """What the gate measured on decisions that the new head had not seen."""
    figures, said = report.figures, []
    if "auc_after" in figures and "auc_before" in figures:
        said.append(
            _("Shown a comment that you rejected and one that you approved, it tells which is which in %(after)s "
              "of cases; without it, in %(before)s.",
              after=words.percent(figures["auc_after"]), before=words.percent(figures["auc_before"]))
        )  # fmt: skip
    if "ece_after" in figures and "ece_before" in figures:
        said.append(
            _("The chances it gives are off by %(after)s on average; without it, by %(before)s.",
              after=words.percent(figures["ece_after"]), before=words.percent(figures["ece_before"]))
        )  # fmt: skip
    if "rows" in figures:
        rows = int(figures["rows"])
        said.append(
            ngettext("Measured on %(num)d new decision.", "Measured on %(num)d decisions it had not seen.", rows)
        )
    return said


def shadow(report: Report) -> str:
    """What it would have changed beside the one in service."""
    said, count = report.shadow, int(report.shadow.get("comments") or 0)
    if not count:
        return ""
    share = words.percent(said.get("changed_sides") or 0.0)
    return _(
        "Beside what is in service, on your newest %(count)s decisions: %(share)s of its opinions change sides.",
        count=words.count(count, 10**9), share=share,
    )  # fmt: skip


def happened(action: str) -> str:
    return {
        FITTED: _("fitted, and good enough to be offered"),
        REFUSED: _("fitted, refused by the gate"),
        PROMOTED: _("put into service"),
        ROLLED_BACK: _("taken back"),
        MODEL_PROMOTED: _("put into service"),
        MODEL_ROLLED_BACK: _("taken back"),
    }[action]


def opposite(state: str) -> str:
    """How the rest of the decisions would have it."""
    return _("rejected") if state == "approved" else _("approved")
