"""The part of the model card that training measured: what the machine would decide alone, and how often wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def decided_alone(manifest: Mapping[str, Any]) -> str:
    """A Markdown table of the bands on held-out training rows that no fit and no choice has seen."""
    point = manifest["operating_point"]
    lines = [
        f"Approve when high < {point['approve_below']:.4f}; reject when low >= {point['reject_from']:.4f}, "
        f"as spam when P(spam) >= {point['spam_from']}; otherwise, or when fewer than "
        f"{manifest['known_floor']:.0%} of its words are known, review. "
        "On the held-out training rows kept for this report (upper 95% bounds in brackets):",
        "",
        "| source | rows | to reject | approved | review | rejected or spam | wrong approvals | wrong rejections "
        "| ECE |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, of in manifest["bands"].items():
        shares = " | ".join(f"{of[key]:.1%}" for key in ("to_reject", "auto_approve", "review", "auto_reject"))
        wrong = " | ".join(_wrong(of, kind) for kind in ("approvals", "rejections"))
        lines.append(f"| {name} | {of['rows']:,} | {shares} | {wrong} | {of['ece']:.4f} |")
    return "\n".join(lines) + "\n"


def _wrong(of: Mapping[str, float], kind: str) -> str:
    if of["auto_approve" if kind == "approvals" else "auto_reject"] == 0:
        return "none decided"
    return f"{of[f'wrong_{kind}']:.1%} [{of[f'wrong_{kind}_at_most']:.1%}]"
