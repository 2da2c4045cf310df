"""What a moderator looks at: the views, one comment at a time, and the live counts."""

import hashlib
import json

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from moderation.domain.comment import State
from moderation.storage import comments, desk_queries, history
from moderation.storage.desk_queries import VIEWS
from moderation.storage.ids import is_id
from moderation.web.desk import filters, page, words
from moderation.web.desk.guard import wants_json, wiring

MOST_SHOWN = 8


def register(desk: Blueprint) -> None:
    desk.get("/", endpoint="start")(_start)
    desk.get("/counts.json", endpoint="counts")(_counts)
    desk.get("/comments/<comment_id>", endpoint="comment")(_comment)
    desk.get("/<view>", endpoint="view")(_view)


def _start() -> AnyResponse:
    return redirect(url_for("desk.view", view="pending"), 303)


def _view(view: str) -> Response | tuple[str, int]:
    if view not in VIEWS:
        raise NotFound
    comment_id = request.args.get("comment")
    if comment_id is not None and not is_id(comment_id):
        raise NotFound
    shown = page.show(view, comment_id, filters.from_request())
    if wants_json():
        return jsonify(next=page.fragment(shown))
    return page.render(shown)


def _comment(comment_id: str) -> AnyResponse:
    """A lasting address of a comment; where it is shown depends on its state."""
    with wiring().database.read() as conn:
        row = comments.by_id(conn, comment_id) if is_id(comment_id) else None
    if row is None or row.state in (State.WITHDRAWN, State.ERASED):
        raise NotFound
    return redirect(url_for("desk.view", view=row.state, comment=comment_id), 303)


def _gone(conn: Connection) -> dict[str, str]:
    """Of the comments that a page of a queue shows, those that left it meanwhile: who decided what."""
    view, ids = request.args.get("view", ""), request.args.getlist("comment")[:MOST_SHOWN]
    if view not in page.CLAIMED_VIEWS:
        return {}
    left = [one for one in ids if is_id(one) and not desk_queries.is_in(conn, view, one)]
    last = {one: history.last(conn, one) for one in left if comments.by_id(conn, one) is not None}
    return {one: _("Escalated") if row.state_after == "pending" else words.decided(row) for one, row in last.items()}


def _counts() -> AnyResponse:
    """Polled every few seconds; unchanged counts cost an empty answer."""
    now = wiring().clock.now_us()
    counted = page.counts()
    with wiring().database.read() as conn:
        told = {
            "views": {view: page.count_text(counted[view], now) for view in VIEWS},
            "waiting": counted["pending"].count,
            "others": page.others_text(conn),
            "gone": _gone(conn),
        }
    body = json.dumps(told, separators=(",", ":"))
    response = Response(body, content_type="application/json")
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:16])
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)
