"""Connect a site: the recipes, the keys, a live test of each, and the verdicts that came back."""

import contextvars
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from moderation.domain.roles import Right
from moderation.domain.site import Site
from moderation.services import api_keys
from moderation.services.api_keys import Keys
from moderation.services.api_keys_usage import DAY_US, Usage
from moderation.services.feedback import newest
from moderation.storage import roles, sites
from moderation.storage.ids import is_id
from moderation.web.desk import connect_recipes, page
from moderation.web.desk.guard import moderator, wiring

Answer = Response | tuple[str, int]
MOST_TEXT = 2_000
MOST_SHOWN = 4_000
VERDICTS_SHOWN = 50
DAYS = 30


def register(desk: Blueprint) -> None:
    desk.get("/connect", endpoint="connect")(_show)
    desk.post("/connect/keys", endpoint="add")(_add)
    desk.post("/connect/keys/<key_id>/revoke", endpoint="revoke")(_revoke)
    desk.post("/connect/try", endpoint="try")(_try)


def _show(status: int = 200, **told: Any) -> tuple[str, int]:
    mine = _my_sites()
    ids = {site.id for site in mine}
    chosen = request.values.get("site", "")
    site = next((each for each in mine if each.key == chosen), mine[0] if mine else None)
    made = told.get("made")
    found = connect_recipes.recipes(
        wiring().settings.public_url, made.key if made else request.form.get("key", ""), site.key if site else ""
    )
    how = request.values.get("how", "")
    recipe = next((each for each in found if each.how == how), found[0])
    return page.sheet(
        "desk/connect.html", status, recipes=found, recipe=recipe, sites=mine, site=site, listed=_keys(ids),
        verdicts=[row for row in newest(wiring(), 4 * VERDICTS_SHOWN) if row.site_id in ids][:VERDICTS_SHOWN],
        public_url=wiring().settings.public_url, days=DAYS, **told,
    )  # fmt: skip


def _add() -> Answer:
    site = _site(request.form.get("site", ""))
    name, secret = request.form.get("name", "").strip(), request.form.get("coral_secret", "").strip()
    if not name or len(name) > api_keys.MOST_NAME:
        return _show(422, problem=_("Say what will use the key, in 1 to %(most)d characters.", most=api_keys.MOST_NAME))
    if len(secret) > 500:
        return _show(422, problem=_("Coral's signing secret is shorter than this."))
    made = api_keys.add_key(wiring(), site, name=name, by=f"moderator:{moderator().id}", coral_secret=secret or None)
    return _show(made=made, made_for=name, is_coral=bool(secret))


def _revoke(key_id: str) -> Answer:
    row = next((each for each in api_keys.all_keys(wiring()) if each.id == key_id), None)
    if row is None or not moderator().may(Right.ADMINISTER, row.site_id):
        raise NotFound
    api_keys.revoke_key(wiring(), key_id, by=f"moderator:{moderator().id}")
    return _show(revoked=row.name)


def _try() -> Answer:
    """Ask ourselves as the other program would: the same address, key, limits and errors."""
    how, text = request.form.get("how", ""), request.form.get("text", "").strip()[:MOST_TEXT] or "Hello there"
    if how == "coral":
        path, given = _coral_request(request.form.get("key_id", ""), text)
    else:
        site = _site(request.form.get("site", "")) if how == "form" else None
        key = request.form.get("key", "").strip()[:100]
        path, given = connect_recipes.request_for(how, key=key, text=text, site=site.key if site else "")
    began = time.perf_counter()
    # A context of its own, so that nothing of the inner request sticks to this one.
    status, headers, body = contextvars.copy_context().run(_ask, path, given)
    took = (time.perf_counter() - began) * 1000
    works = status < 400 and body != "invalid"
    marks = [(name, value) for name, value in headers if name.lower().startswith("x-akismet-")]
    result = {"status": status, "ms": took, "works": works, "body": _pretty(body), "headers": marks, "path": path}
    return _show(result=result, text=text)


def _ask(path: str, given: Mapping[str, Any]) -> tuple[int, list[tuple[str, str]], str]:
    address = {"REMOTE_ADDR": request.remote_addr or "127.0.0.1"}
    public_url = wiring().settings.public_url
    builder = EnvironBuilder(path=path, method="POST", base_url=public_url, environ_overrides=address, **given)
    try:
        chunks, status, headers = run_wsgi_app(current_app.wsgi_app, builder.get_environ(), buffered=True)
    finally:
        builder.close()
    return int(status.split()[0]), list(headers), b"".join(chunks).decode("utf-8", "replace")


def _coral_request(key_id: str, text: str) -> tuple[str, Mapping[str, Any]]:
    key = Keys(wiring().database, wiring().vault).by_id(key_id) if is_id(key_id) else None
    if key is None or key.coral_secret is None or not moderator().may(Right.ADMINISTER, key.site_id):
        raise NotFound
    asked = {"action": "NEW", "comment": {"body": text, "parentID": None}, "author": {"id": "1", "role": "COMMENTER"},
             "story": {"id": "1", "url": wiring().settings.public_url}, "site": {"id": "1"}}  # fmt: skip
    body = json.dumps(asked).encode()
    mark = "sha256=" + hmac.new(key.coral_secret.encode(), body, hashlib.sha256).hexdigest()
    return f"/coral/phase/{key_id}", {"data": body, "headers": {"X-Coral-Signature": mark}}


def _keys(site_ids: set[str]) -> list[dict[str, Any]]:
    usage, today = Usage(wiring()), wiring().clock.now_us() // DAY_US
    rows = [row for row in api_keys.all_keys(wiring()) if row.site_id in site_ids]
    return [
        {"row": row, "calls": sum(day.calls for day in usage.between(row.id, today - DAYS + 1, today))}
        for row in sorted(rows, key=lambda row: (row.revoked_at is not None, -row.created_at))
    ]


def _my_sites() -> list[Any]:
    with wiring().database.read() as conn:
        mine = set(roles.site_ids(conn, moderator().id, Right.ADMINISTER))
        return [row for row in sites.all_sites(conn) if row.id in mine]


def _site(key: str) -> Site:
    site = wiring().sites.by_key(key)
    if site is None or not moderator().may(Right.ADMINISTER, site.id):
        raise NotFound
    return site


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=1, ensure_ascii=False)[:MOST_SHOWN]
    except ValueError:
        return body[:MOST_SHOWN]
