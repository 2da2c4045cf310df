"""One author: what they wrote, what was decided, their standing, and what the team noted.

POST /desk/authors/<id>/standing
    `standing` (normal, trusted, always_review, suspended, banned), `reason`, `until` (a day; required to suspend).
POST /desk/authors/<id>/standing/undo
    `standing_id`, the one that stands; 409 if another was given since.
"""

from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import Conflict, NotFound, UnprocessableEntity
from werkzeug.wrappers import Response

from moderation.services import stand
from moderation.services.stand import STANDINGS
from moderation.storage import bulk, desk_queries, notes, standings
from moderation.storage.ids import is_id
from moderation.storage.narrowing import Narrowing
from moderation.web.desk import deciding_views, page
from moderation.web.desk.guard import moderator, wiring

LISTED = 25
Answer = Response | tuple[str, int]


def register(desk: Blueprint, changing: Blueprint) -> None:
    desk.get("/authors/<author_id>", endpoint="author")(_author)
    changing.post("/authors/<author_id>/standing", endpoint="standing")(_give)
    changing.post("/authors/<author_id>/standing/undo", endpoint="standing_undo")(_undo)


def _author(author_id: str) -> Answer:
    now = wiring().clock.now_us()
    with wiring().database.read() as conn:
        author = standings.author(conn, author_id) if is_id(author_id) else None
        if author is None:
            raise NotFound
        theirs = bulk.matching(conn, [author.site_id], "", Narrowing(author_ids=(author_id,)))
        newest = bulk.newest(conn, theirs.where, limit=LISTED)
        lines = desk_queries.lines(conn, [each.id for each in newest])
        given, noted = standings.of_author(conn, author_id), notes.about(conn, [f"author:{author_id}"])
    over = author.standing_until is not None and author.standing_until <= now
    standing = "normal" if over else author.standing
    last = next((each for each in given if each.undone_at is None), None)
    return page.sheet(
        "desk/author.html", author=author, standing=standing, lines=lines, given=given, noted=noted, last=last,
        names=list(dict.fromkeys(row.name for row in lines))[:5], standings=STANDINGS,
        tomorrow=(_today() + timedelta(days=1)).isoformat(),
    )  # fmt: skip


def _give(author_id: str) -> Answer:
    standing, reason = request.form.get("standing", ""), deciding_views.text("reason")
    if standing not in STANDINGS:
        raise UnprocessableEntity(_("There is no such standing."))
    until = _until(request.form.get("until", ""))
    if standing == "suspended" and until is None:
        raise UnprocessableEntity(_("A suspension needs its end: please choose the last day."))
    if not reason:
        raise UnprocessableEntity(_("Please say why, so that the team can understand it later."))
    if stand.give(wiring(), moderator().id, author_id, standing, reason=reason, until=until) is None:
        raise NotFound
    return redirect(url_for("desk.author", author_id=author_id), 303)


def _until(day: str) -> int | None:
    """The end of that day."""
    if not day:
        return None
    try:
        last = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UnprocessableEntity(_("The last day must be a day like 2026-11-25.")) from None
    if last.date() < _today():
        raise UnprocessableEntity(_("The last day is over already."))
    return int((last + timedelta(days=1)).timestamp() * 1_000_000)


def _today() -> date:
    return datetime.fromtimestamp(wiring().clock.now_us() / 1_000_000, UTC).date()


def _undo(author_id: str) -> Answer:
    try:
        if not stand.take_back(wiring(), moderator().id, author_id, request.form.get("standing_id", "")[:26]):
            raise NotFound
    except stand.NotLast:
        raise Conflict(_("Another standing was given since; take that one back first.")) from None
    return redirect(url_for("desk.author", author_id=author_id), 303)


