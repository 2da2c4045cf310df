"""Each moderator's own desk: keys, masked words, when to suggest a break."""

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from moderation.services import preferences as service
from moderation.services.preferences import BREAKS_AFTER, KEYS, BadKeys, Preferences
from moderation.web.desk import page
from moderation.web.desk.guard import moderator, wiring

Answer = Response | tuple[str, int]


def register(desk: Blueprint, changing: Blueprint) -> None:
    desk.get("/settings", endpoint="settings")(_settings)
    changing.post("/settings", endpoint="keep_settings")(_keep)


def _settings() -> Answer:
    return _shown(page.preferences())


def _keep() -> Answer:
    given = request.form
    keys = dict(KEYS) if "standard" in given else {action: given.get(f"key_{action}", "").strip() for action in KEYS}
    after = given.get("break_after", "")
    chosen = Preferences(keys, "mask" in given, int(after) if after in map(str, BREAKS_AFTER) else 40)
    try:
        service.keep(wiring(), moderator().id, chosen)
    except BadKeys as bad:
        problem = _(
            "“%(what)s” needs a key of its own: one character, no digit. Nothing was changed.",
            what=_actions()[bad.action],
        )
        return _shown(chosen, problem, 422)
    return redirect(url_for("desk.settings", kept=1), 303)


def _shown(chosen: Preferences, problem: str = "", status: int = 200) -> Answer:
    return page.sheet(
        "desk/settings.html", status, chosen_keys=chosen.keys, actions=_actions(), masked=chosen.mask,
        after=chosen.break_after, breaks=BREAKS_AFTER, problem=problem, kept="kept" in request.args,
    )  # fmt: skip


def _actions() -> dict[str, str]:
    return {
        "approve": _("Approve"), "reject": _("Reject"), "spam": _("Spam"), "skip": _("Skip"),
        "escalate": _("Escalate"), "note": _("Note"), "undo": _("Undo"), "next": _("Next comment"),
        "back": _("Comment before"), "search": _("Search"), "peek": _("Show masked words"), "help": _("Help"),
    }  # fmt: skip
