"""A line of our own export as rows again: revisions, decisions and labels as they were."""

import json
from collections.abc import Callable
from typing import Any

from moderation.services.moving.tidy import Incoming

_COMMENT = (
    "revision", "version", "band", "p_reject", "p_low", "p_high", "queue_key", "audit_drawn", "decided_at",
)  # fmt: skip
_DECISION = (
    "revision", "version", "look", "band", "state_before", "state_after", "decided_by", "reason", "model",
    "policy_version", "audit_probability", "created_at",
)  # fmt: skip


def comment(one: Incoming) -> dict[str, Any]:
    exact = one.raw.exact
    return {name: exact[name] for name in _COMMENT} if exact is not None else {}


def standing(one: Incoming) -> dict[str, Any]:
    if one.raw.exact is None:
        return {}
    author = one.raw.exact["author"]
    return {name: author[name] for name in ("standing", "standing_until", "created_at")}


def add(
    rows: dict[str, list[dict[str, Any]]], site_id: str, comment_id: str, one: Incoming,
    rename: Callable[[str], str], *, with_labels: bool,
) -> None:  # fmt: skip
    """`rename` gives the id that a decision will have here."""
    exact = one.raw.exact
    assert exact is not None
    for revision in exact["revisions"]:
        fields = {name: revision[name] for name in ("revision", "name", "website", "text", "created_at")}
        rows["revision"].append({"comment_id": comment_id, **fields})
    for decision in exact["decisions"]:
        rows["decision"].append(_decision(site_id, comment_id, decision, rename))
        if decision.get("for_team") is not None:
            texts = {name: decision[name] for name in ("for_team", "for_author")}
            rows["text"].append({"decision_id": rename(decision["id"]), **texts})
    for label in exact["labels"] if with_labels else ():
        rows["label"].append(
            {
                "decision_id": rename(label["decision"]), "site_id": site_id, "comment_id": comment_id,
                "revision": label["revision"], "source": label["source"], "verdict": label["verdict"],
                "judged": rename(label["judged"]) if label["judged"] else None,
                "probability": label["probability"], "created_at": label["created_at"],
            }
        )  # fmt: skip


def _decision(site_id: str, comment_id: str, given: dict[str, Any], rename: Callable[[str], str]) -> dict[str, Any]:
    row = {name: given[name] for name in _DECISION}
    for name in ("because", "findings", "opinion", "thresholds"):
        row[name] = _json(given[name]) if given[name] is not None else None
    undoes = rename(given["undoes"]) if given["undoes"] else None
    return {"id": rename(given["id"]), "site_id": site_id, "comment_id": comment_id, "undoes": undoes, **row}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def decision_ids(one: Incoming) -> list[str]:
    return [decision["id"] for decision in one.raw.exact["decisions"]] if one.raw.exact is not None else []
