"""The policy's settings in words: names, what each does, what is wrong with a value."""

import json
from typing import Any

from flask_babel import gettext as _

from moderation.domain.comment import State


def name(setting: str) -> str:
    return {
        "mode": _("Mode"),
        "hold_first_time_authors": _("First-time authors"),
        "links_held_above": _("Hold with more links than"),
        "links_spam_above": _("Spam with more links than"),
        "close_after_days": _("Close threads after days"),
        "oldest_target_minutes": _("Nobody waits longer than, in minutes"),
        "max_wrong_approvals": _("Of what is approved alone, at most"),
        "max_wrong_rejections": _("Of what is refused alone, at most"),
        "thresholds": _("Thresholds"),
        "approve_below": _("Approve below"),
        "reject_from": _("Reject from"),
        "spam_from": _("Spam from"),
        "rejected_words": _("Words that reject"),
        "reviewed_words": _("Words that hold"),
        "spam_words": _("Words that are spam"),
        "blocked_hosts": _("Sites nobody may link to"),
    }.get(setting, setting)


def hint(setting: str) -> str:
    return {
        "links_held_above": _("One or two links are usually sources."),
        "links_spam_above": _("Nobody cites ten sources in a comment."),
        "close_after_days": _("0: threads stay open."),
        "oldest_target_minutes": _("The page of numbers shows when it was longer."),
        "max_wrong_approvals": _("such as a moderator rejects"),
        "max_wrong_rejections": _("such as a moderator approves"),
        "rejected_words": _("One a line, whole words, any case. Each refuses a comment without a person."),
        "reviewed_words": _("One a line. Each holds a comment for a person."),
        "spam_words": _("One a line. Each files a comment as spam."),
        "blocked_hosts": _("One a line, such as casino.example. A link there is spam."),
    }.get(setting, "")


def mode_name(mode: str) -> str:
    return {
        "autopilot": _("Autopilot"),
        "assist": _("Assist"),
        "review_all": _("Review all"),
        "": _("As the site"),
    }.get(mode, mode)


def mode_hint(mode: str) -> str:
    return {
        "autopilot": _("Clear cases are approved and refused; the rest waits for you."),
        "assist": _("Clear cases are approved; everything else waits for you."),
        "review_all": _("Everything waits for you."),
    }[mode]


def outcome(state: str) -> str:
    return {
        State.APPROVED: _("approved"),
        State.PENDING: _("held"),
        State.REJECTED: _("rejected"),
        State.SPAM: _("spam"),
    }.get(State(state), state)


def problem(setting: str, fact: str, about: str) -> str:
    """What is wrong with a field, and how to mend it."""
    said = {
        "choice": _("choose one of the modes"),
        "number": _("give a whole number, %(range)s", range=about),
        "budget": _("give a share in percent, %(range)s", range=about),
        "share": _("give a share in percent, such as 12.5, or leave all three empty"),
        "order": _("it must not be below the one before it"),
        "many": _("at most %(most)s words fit", most=about),
        "long": _("“%(word)s…” is too long; a word has at most 100 characters", word=about),
        "bare": _("“%(word)s” has no letter or figure; it would find almost everything", word=about),
        "host": _("“%(host)s” is no host name; it should look like casino.example", host=about),
    }[fact]
    return f"{name(setting)}: {said}."


def change(setting: str, value: Any) -> str:
    """One setting's change in a line: "Mode: Assist → Autopilot"."""
    if "added" in value:
        parts = [*(f"+ {word}" for word in value["added"]), *(f"− {word}" for word in value["taken out"])]
        shown = parts[:8] + ([_("and %(n)s more", n=len(parts) - 8)] if len(parts) > 8 else [])
        return f"{name(setting)}: {', '.join(shown)}"
    return f"{name(setting)}: {_value(setting, value['before'])} → {_value(setting, value['after'])}"


def _value(setting: str, value: Any) -> str:
    if setting == "mode":
        return mode_name(str(value))
    if setting == "thresholds":
        if not value:
            return _("the model's")
        return " / ".join(f"{share * 100:g} %" for share in value.values())
    if setting.startswith("max_wrong") and isinstance(value, float):
        return f"{value * 100:g} %"
    if isinstance(value, bool):
        return _("held") if value else _("like others")
    return json.dumps(value, ensure_ascii=False)
