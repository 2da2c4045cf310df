"""A site's policy: what it is, what another one would have done, and the way back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound, UnprocessableEntity
from werkzeug.wrappers import Response

from moderation.domain import policy_settings
from moderation.domain.finding import Opinion
from moderation.domain.policy import Policy, Thresholds, in_force
from moderation.domain.policy_settings import BUDGETS, EDITED, MODES, NUMBERS, SHARES, WORD_LISTS
from moderation.domain.roles import Right
from moderation.services import set_policy
from moderation.services.what_if import WhatIf, what_if
from moderation.storage import roles, site_policies, sites
from moderation.storage.rows import Record
from moderation.web.desk import page, policy_words
from moderation.web.desk.guard import moderator, wiring

Answer = Response | tuple[str, int] | str


def register(leading: Blueprint) -> None:
    leading.get("/policy", endpoint="policy")(_policy)
    leading.post("/policy/try", endpoint="try_policy")(_try)
    leading.post("/policy", endpoint="save_policy")(_save)
    leading.post("/policy/take-back", endpoint="take_back")(_take_back)
    leading.post("/policy/thread", endpoint="thread_policy")(_thread)


def _led() -> list[Record]:
    with wiring().database.read() as conn:
        mine = set(roles.site_ids(conn, moderator().id, Right.LEAD))
        return [row for row in sites.all_sites(conn) if row.id in mine]


def _site() -> tuple[Record, list[Record]]:
    """The site that the address names, or the first one that this person leads, and all of them."""
    led = _led()
    key = request.values.get("site", "")
    found = next((row for row in led if row.key == key), None)
    if found is None and (key or request.method == "POST" or not led):
        raise NotFound
    return found or led[0], led


def _policy() -> Answer:
    site, led = _site()
    now = set_policy.effective(wiring(), json.loads(site.policy))
    saved = request.args.get("saved")
    return _page(site, led, _typed(now), saved=_("Saved. It holds from now on, within two seconds.") if saved else "")


def _page(site: Record, led: list[Record], typed: Mapping[str, Any], status: int = 200, **told: Any) -> Answer:
    with wiring().database.read() as conn:
        versions = site_policies.versions(conn, site.id)
        apart = site_policies.threads_apart(conn, site.id)
    point = _in_force(_policy_of(site))
    return page.sheet(
        "desk/policy.html", status, site=site, led=led, typed=typed, modes=MODES, word_lists=WORD_LISTS,
        numbers=NUMBERS, budgets=BUDGETS, shares=SHARES, point=point.as_json() if point else None,
        versions=_history(versions),
        threads=[(row, json.loads(row.policy or "{}")) for row in apart], says=policy_words,
        **{"problems": {}, **told},
    )  # fmt: skip


def _history(versions: list[Record]) -> list[dict[str, Any]]:
    """Each version with what it changed; the oldest that is kept has nothing before it."""
    values = [set_policy.effective(wiring(), json.loads(row.policy)) for row in versions]
    before = [*values[1:], None][: len(values)]
    return [
        {"row": row, "changes": policy_settings.changes(old, new) if old is not None else {}, "first": old is None}
        for row, new, old in zip(versions, values, before, strict=True)
    ]


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they stand in the form's fields."""
    thresholds = values.get("thresholds") or {}
    return {
        "mode": values["mode"],
        "hold_first_time_authors": values["hold_first_time_authors"],
        **{name: str(values[name]) for name in NUMBERS},
        **{name: f"{values[name] * 100:g}" for name in BUDGETS},
        **{name: f"{thresholds[name] * 100:g}" if name in thresholds else "" for name in SHARES},
        **{name: "\n".join(values[name] or ()) for name in (*WORD_LISTS, "blocked_hosts")},
    }


def _given() -> dict[str, str]:
    names = ("mode", "hold_first_time_authors", *NUMBERS, *BUDGETS, *SHARES, *WORD_LISTS, "blocked_hosts")
    return {name: request.form.get(name, "") for name in names}


def _digest(values: Mapping[str, Any]) -> str:
    chosen = json.dumps([values.get(name) for name in EDITED], ensure_ascii=True)
    return hashlib.sha256(chosen.encode()).hexdigest()[:16]


def _compared(site: Record, values: Mapping[str, Any]) -> WhatIf:
    today = _policy_of(site)
    own = set_policy.own_values(wiring(), site.policy, values)
    other = wiring().sites.policy_with(own, version=site.policy_version + 1)
    # What the site's labels certified stays as it is.
    return what_if(wiring(), site.id, today, replace(other, chosen=today.chosen, tightened=today.tightened))


def _policy_of(site: Record) -> Policy:
    found = wiring().sites.by_id(site.id)
    if found is None:
        raise NotFound
    return found.policy


def _in_force(policy: Policy) -> Thresholds | None:
    """What holds where the site chose no thresholds of its own."""
    classifier = wiring().scorer.current()
    model = classifier.version if classifier is not None else ""
    return in_force(replace(policy, thresholds=None), Opinion(0, 0, 0, {}, model), wiring().scorer.operating_point())


def _try() -> Answer:
    """The page again with what the settings in the form would have done; to a script, that part alone."""
    site, led = _site()
    given = _given()
    found = policy_settings.read(given)
    problems = {name: policy_words.problem(name, *what) for name, what in found.problems.items()}
    told: dict[str, Any] = {"problems": problems}
    if not problems:
        told |= {"compared": _compared(site, found.values), "tried": _digest(found.values)}
    if request.headers.get("X-Part") == "what-if":
        return render_template("desk/_what_if.html", site=site, says=policy_words, **told, **page.helpers())
    return _page(site, led, given, 422 if problems else 200, **told)


def _save() -> Answer:
    """Nothing is saved that was not tried: if the form differs from what was shown, it is shown first."""
    site, led = _site()
    given = _given()
    found = policy_settings.read(given)
    if found.problems or request.form.get("tried") != _digest(found.values):
        return _try()
    try:
        set_policy.change(
            wiring(), site.id, found.values, on_version=_number("version"), by=f"moderator:{moderator().id}"
        )
    except set_policy.Outdated:
        return _page(site, led, given, 409, outdated=True)
    return redirect(url_for("desk_lead.policy", site=site.key, saved=1), 303)


def _take_back() -> Answer:
    site, led = _site()
    try:
        set_policy.take_back(
            wiring(), site.id, to_version=_number("to_version"), on_version=_number("version"),
            by=f"moderator:{moderator().id}",
        )  # fmt: skip
    except set_policy.NotThere:
        raise NotFound from None
    except set_policy.Outdated:
        now = set_policy.effective(wiring(), json.loads(site.policy))
        return _page(site, led, _typed(now), 409, outdated=True)
    return redirect(url_for("desk_lead.policy", site=site.key, saved=1), 303)


def _thread() -> Answer:
    site, led = _site()
    mode, url = request.form.get("thread_mode", ""), request.form.get("url", "").strip()[:2000]
    if mode and mode not in MODES:
        raise UnprocessableEntity(_("Choose one of the modes."))
    try:
        set_policy.set_thread(
            wiring(), site.id, url, mode=mode, hold_first_time_authors=bool(request.form.get("thread_first")),
            is_open=request.form.get("thread_open") != "closed", by=f"moderator:{moderator().id}",
        )  # fmt: skip
    except set_policy.NotThere:
        now = _typed(set_policy.effective(wiring(), json.loads(site.policy)))
        sentence = _("Nobody commented under this address yet. It must be the address that the page gives to the form.")
        return _page(site, led, now, 422, thread_problem=sentence, thread_url=url)
    return redirect(url_for("desk_lead.policy", site=site.key, saved=1) + "#threads", 303)


def _number(field: str) -> int:
    text = request.form.get(field, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UnprocessableEntity(_("%(field)s must be a whole number.", field=field))
    return int(text)


