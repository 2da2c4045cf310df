"""The log's events as sentences."""

import json
from typing import Any

from flask_babel import gettext as _

from moderation.web.desk import policy_words, words

Row = Any


def groups() -> list[tuple[str, str]]:
    """What one may ask for: the beginning of an action, and its name."""
    return [
        ("", _("Everything")),
        ("comment.", _("Decisions and questions")),
        ("bulk.", _("Many at once")),
        ("author.", _("Authors")),
        ("policy.", _("Policy")),
        ("bands.", _("Bands of the automation")),
        ("head.", _("What sites taught")),
        ("reading.", _("Second readings")),
        ("key.", _("Keys for other programs")),
        ("note.", _("Notes")),
        ("moderator.", _("People and roles")),
        ("session.", _("Signing in and out")),
        ("second_factor.", _("Second factors")),
        ("passkey.", _("Passkeys")),
        ("log.", _("Exports of the log")),
    ]


def action(row: Row) -> str:
    """What happened; an action that is not known here is shown as it is."""
    details = parsed(row)
    if row.action.startswith("comment.") and details.get("to"):
        to = words.state_name(details["to"])
        before = words.state_name(details["from"]) if details.get("from") else ""
        if row.action == "comment.undo":
            return _("Took a decision back: %(to)s again", to=to.lower())
        return _("%(to)s (was %(before)s)", to=to, before=before.lower()) if before else to
    return {
        "session.began": _("Signed in"),
        "session.ended": _("Signed out"),
        "session.all_ended": _("Signed out everywhere"),
        "session.refused": _("Could not sign in: the second factor was wrong"),
        "password.chosen": _("Chose a password"),
        "moderator.added": _("Invited somebody"),
        "moderator.invited": _("Invited somebody"),
        "moderator.role": _("Changed a role"),
        "moderator.disabled": _("Closed an account"),
        "moderator.enabled": _("Opened an account again"),
        "moderator.link": _("Made a new sign-in link"),
        "second_factor.on": _("Turned the second factor on"),
        "second_factor.off": _("Turned the second factor off"),
        "second_factor.recovery": _("Used a recovery code"),
        "second_factor.codes": _("Made new recovery codes"),
        "passkey.added": _("Added a passkey"),
        "passkey.named": _("Renamed a passkey"),
        "passkey.removed": _("Removed a passkey"),
        "identity.bound": _("Signed in at the organisation for the first time"),
        "policy.changed": _("Changed the policy"),
        "policy.taken_back": _("Took a policy change back"),
        "policy.thread": _("Changed one thread's policy"),
        "bands.tightened": _("Drew the automation's band in: a budget did not hold"),
        "bands.chosen": _("Certified the automation's band"),
        "budget.drift": _("Noticed that the automation's errors changed"),
        "head.candidate": _("Fitted a head from this site's decisions"),
        "head.refused": _("Fitted a head, and the gate refused it"),
        "head.promoted": _("Put the site's head into service"),
        "head.rolled_back": _("Took the site's head back"),
        "model.promoted": _("Put a model into service for all sites"),
        "model.rolled_back": _("Took the model of all sites back"),
        "reading.kept": _("Read a decision again and kept it"),
        "key.added": _("Made a key for another program"),
        "key.revoked": _("Revoked a key"),
        "note.written": _("Wrote a note"),
        "comment.reported": _("Reported a comment"),
        "comment.appealed": _("Asked for another look"),
        "comment.escalated": _("Asked a lead"),
        "comment.answered": _("Answered a question"),
        "author.standing": _("Gave an author a standing"),
        "author.standing_undone": _("Took an author's standing back"),
        "bulk.began": _("Decided on many at once"),
        "bulk.undone": _("Took a decision on many back"),
        "site.import": _("Brought comments in from elsewhere"),
        "key.secret_lost": _("A key's secret could not be read any more"),
        "log.exported": _("Exported the log"),
    }.get(row.action, row.action)


def actor(row: Row) -> str:
    if row.actor_name:
        return str(row.actor_name)
    kind, _colon, name = row.actor.partition(":")
    if kind == "rule":
        return _("rule %(name)s", name=name)
    known = {
        "system": _("the service"), "cli": _("the command line"), "reader": _("a reader"), "author": _("the author"),
    }  # fmt: skip
    return known.get(row.actor, str(row.actor))


def details(row: Row) -> list[tuple[str, str]]:
    """What else was written down: before and after of a setting, a role, a count."""
    shown = []
    for name, value in parsed(row).items():
        if name in ("decision", "from", "to") and row.action.startswith("comment."):
            continue
        shown.append((policy_words.name(name).replace("_", " "), _said(name, value)))
    return shown


def _said(name: str, value: Any) -> str:
    if isinstance(value, dict) and ("added" in value or value.keys() == {"before", "after"}):
        return policy_words.change(name, value).partition(": ")[2]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parsed(row: Row) -> dict[str, Any]:
    try:
        found = json.loads(row.details)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
