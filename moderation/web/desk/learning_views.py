"""What the service has learned from this team: the head in service, the one that waits, and decisions to read again."""

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound, UnprocessableEntity
from werkzeug.wrappers import Response

from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.domain.roles import Right, Role
from moderation.domain.site import Site
from moderation.services import learned, second_reading
from moderation.services.review import VERDICTS, Conflict, Decide, NotThere
from moderation.storage import comments, sites
from moderation.storage.rows import Record
from moderation.web.desk import learning_words, number_plots, numbers_views, page
from moderation.web.desk.guard import moderator, scope, wiring

Answer = Response | tuple[str, int]


def register(desk: Blueprint, changing: Blueprint) -> None:
    desk.get("/learning", endpoint="learning")(_learning)
    changing.post("/comments/<comment_id>/second-reading", endpoint="second_reading")(_read_again)


def register_leading(leading: Blueprint) -> None:
    leading.post("/learning/promote", endpoint="promote")(lambda: _moved("promoted"))
    leading.post("/learning/rollback", endpoint="rollback")(lambda: _moved("rolled-back"))


def register_for_all_sites(all_sites: Blueprint) -> None:
    all_sites.post("/learning/model/promote", endpoint="promote")(lambda: _moved("promoted", of_all=True))
    all_sites.post("/learning/model/rollback", endpoint="rollback")(lambda: _moved("rolled-back", of_all=True))


def _seen() -> list[Record]:
    with wiring().database.read() as conn:
        mine = set(scope().look)
        return [row for row in sites.all_sites(conn) if row.id in mine]


def _site(*, named: bool = False) -> tuple[Site, Record, list[Record]]:
    """The site that is named, or, where it need not be, the first one that this person sees."""
    seen, key = _seen(), request.values.get("site", "")
    row = next((each for each in seen if each.key == key), None)
    if row is None and (key or named or not seen):
        raise NotFound
    row = row or seen[0]
    site = wiring().sites.by_id(row.id)
    if site is None:
        raise NotFound
    return site, row, seen


def _learning() -> Answer:
    return _page()


def _page(status: int = 200, problem: str = "") -> Answer:
    site, row, seen = _site()
    found = learned.of(wiring(), site)
    plots = number_plots.plots(numbers_views.numbers_of([row]))
    return page.sheet(
        "desk/learning.html", status, site=row, seen=seen, learned=found, say=learning_words, problem=problem,
        plot=next(each for each in plots if each.id == "learned"), may_lead=moderator().may(Right.LEAD, row.id),
        may_decide=moderator().may(Right.DECIDE, row.id), told=_told(), learns=site.policy.learn,
        model=learned.model(wiring()) if moderator().role == Role.ADMIN else None,
    )  # fmt: skip


def _told() -> str:
    return {
        "promoted": _("It is in service, in every process within two seconds."),
        "rolled-back": _("Taken back. The one before is in service again."),
        "kept": _("Kept. It will not be asked again."),
        "changed": _("Changed. The next fit learns from it."),
    }.get(request.args.get("told", ""), "")


def _moved(told: str, *, of_all: bool = False) -> Answer:
    """The site's head, or the model of all sites, goes into service or back."""
    site, row = (None, None) if of_all else _site(named=True)[:2]
    move = {"promoted": learned.put_into_service, "rolled-back": learned.take_back}[told]
    try:
        move(wiring(), site, request.form.get("name", ""), actor=f"moderator:{moderator().id}")
    except learned.Changed:
        return _page(409, _("What is in service or waits is not what the page showed. Nothing was changed."))
    except learned.Unusable:
        return _page(409, _("Files of it are missing or damaged. Nothing was changed."))
    return redirect(url_for("desk.learning", site=row.key if row else None, told=told), 303)


def _read_again(comment_id: str) -> Answer:
    given = request.form
    with wiring().database.read() as conn:
        comment = comments.by_id(conn, comment_id)
    if comment is None:
        raise NotFound
    key = next(row.key for row in _seen() if row.id == comment.site_id)
    if given.get("verdict") == "keep":
        done = second_reading.keep(wiring(), moderator().id, comment_id)
        return _back(key, "kept") if done else _gone(key)
    try:
        verdict, version = VERDICTS[given.get("verdict", "")], int(given.get("version", ""))
    except (KeyError, ValueError) as error:
        raise UnprocessableEntity from error
    reason = Reason(given["reason"]) if given.get("reason") in set(Reason) and verdict is State.REJECTED else None
    try:
        done_ = second_reading.change(wiring(), Decide(moderator().id, comment_id, version, verdict, reason))
    except NotThere as error:
        raise NotFound from error
    return _gone(key) if isinstance(done_, Conflict) else _back(key, "changed")


def _back(key: str, told: str) -> Response:
    return redirect(url_for("desk.learning", site=key, told=told) + "#readings", 303)


def _gone(key: str) -> Response:
    return redirect(url_for("desk.learning", site=key) + "#readings", 303)
