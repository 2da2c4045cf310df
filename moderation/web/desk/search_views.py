"""Search, lists of any filter, the filters one keeps, and one decision on all that a filter finds.

GET /desk/search
    The fields of filters.Filter, `state` (pending, approved, rejected, spam; empty: any), `before` (the page's end).
GET /desk/bulk
    The same with `verdict`: what would happen. POST decides; `reason`, `for_team`, `for_author` as for one.
GET /desk/bulk/<id>
    How far it is. With `Accept: application/json`: `{"stage", "done", "total", "finished", "said"}`.
POST /desk/bulk/<id>/undo
    All of it back; 409 once the time is over.
POST /desk/filters
    `name` and `filter` keep one; `forget` with its id drops it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound, UnprocessableEntity
from werkzeug.wrappers import Response

from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.services import decide_many, search
from moderation.services.assess_text_language import AMONG
from moderation.services.decide_many import Chosen, Progress, Said
from moderation.services.review import VERDICTS, NotThere
from moderation.storage import bulk, desk_queries, preferences, reach, tallies, threads
from moderation.storage.ids import is_id
from moderation.storage.narrowing import Narrowing
from moderation.storage.reach import Place
from moderation.web.desk import filters, page, score_plot, words
from moderation.web.desk.deciding_views import text
from moderation.web.desk.filters import Filter
from moderation.web.desk.guard import moderator, scope, wants_json, wiring

Answer = Response | tuple[Any, int]
LISTED = 50
COUNTED = 10_000
PLOTTED = 2_000
STATES = ("pending", "approved", "rejected", "spam")


def register(desk: Blueprint, changing: Blueprint) -> None:
    desk.get("/search", endpoint="search")(_search)
    changing.get("/bulk", endpoint="bulk_preview")(_preview)
    changing.post("/bulk", endpoint="bulk")(_begin)
    changing.get("/bulk/<bulk_id>", endpoint="bulk_progress")(_progress)
    changing.post("/bulk/<bulk_id>/undo", endpoint="bulk_undo")(_undo)
    changing.post("/filters", endpoint="filters")(_keep_filter)


def _search() -> Answer:
    chosen, state = filters.from_request(), _state(request.args)
    narrowed, before = chosen.narrowing(), _place(request.args.get("before", ""))
    with wiring().database.snapshot() as conn:
        mine = scope().look
        # Without a filter the list needs no more than a page of it, and how many there are is known.
        everything = not narrowed.sifts and narrowed == Narrowing(site_id=narrowed.site_id)
        look = LISTED + 1 if everything else reach.LOOKED
        found = bulk.matching(conn, mine, state, narrowed, before=before, look=look, enough=everything)
        newest = bulk.newest(conn, found.where, limit=LISTED + 1, before=before)
        lines = desk_queries.lines(conn, [each.id for each in newest[:LISTED]])
        tally = _known(conn, mine, state, narrowed) if everything else bulk.tally(conn, found.where, most=COUNTED + 1)
        kept = preferences.filters(conn, moderator().id)
        sections = threads.sections(conn, mine)
        # The plot shows what lies beside the range too, so that it can be widened.
        around = bulk.matching(conn, mine, state, replace(narrowed, low=None, high=None), look=PLOTTED)
        scores = bulk.scores(conn, around.where, most=PLOTTED)
    older = newest[LISTED - 1] if len(newest) > LISTED else None
    down_to = None if everything else found.down_to
    further = Place(down_to, "") if down_to is not None and older is None else None
    return page.sheet(
        "desk/search.html", chosen=chosen, state=state, sections=_with(sections, chosen.section),
        languages=_languages(chosen.language), lines=lines, tally=tally, count=sum(tally.values()),
        counted=_counted(tally, narrowed, everything=everything), kept=kept,
        plot=score_plot.plot(scores, low=narrowed.low, high=narrowed.high), query=_query(chosen, state),
        state_names={each: words.state_name(each) for each in STATES}, down_to=down_to,
        older=_query(chosen, state, before=_address(older)) if older else None,
        further=_query(chosen, state, before=_address(further)) if further else None,
    )  # fmt: skip


def _counted(tally: Mapping[str, int], narrowed: Narrowing, *, everything: bool) -> int | None:
    """More than so many were not counted; None: all were."""
    if narrowed.ids is not None and len(narrowed.ids) >= search.MOST_FOUND:
        return max(0, sum(tally.values()) - 1)
    return None if everything else COUNTED


def _with(known: list[str], chosen: str) -> list[str]:
    """A filter that somebody kept may name what is there no more."""
    return sorted({*known, *([chosen] if chosen not in ("", filters.NONE) else [])})


def _languages(chosen: str) -> list[tuple[str, str]]:
    codes = _with(AMONG, chosen)
    return sorted(((code, words.language_name(code)) for code in codes), key=lambda each: each[1].casefold())


def _known(conn: Connection, mine: Sequence[str], state: str, narrowed: Narrowing) -> dict[str, int]:
    ids = [one for one in mine if narrowed.site_id in (None, one)]
    by_site = tallies.counts(conn, ids) if ids else {}
    sums = {each: sum(found[each] for found in by_site.values()) for each in bulk.states_of(state)}
    return {str(each): number for each, number in sums.items() if number}


def _place(given: str) -> Place | None:
    """Where the page before ended: a place in the order and, but for a gap in it, the comment there."""
    key, _, id = given.partition(".")
    fits = key.isascii() and key.isdigit() and len(key) <= 18 and (not id or is_id(id))
    return Place(int(key), id) if fits else None


def _address(place: Place) -> str:
    return f"{place.key}.{place.id}" if place.id else str(place.key)


def _query(chosen: Filter, state: str, **more: str) -> str:
    parts = [chosen.query, urlencode({"state": state} if state else {}), urlencode(more)]
    return "&".join(part for part in parts if part)


def _state(given: Any) -> str:
    state = given.get("state", "")
    if state and state not in STATES:
        raise UnprocessableEntity(_("The state must be pending, approved, rejected or spam."))
    return str(state)


def _chosen(given: Any, chosen: Filter) -> tuple[Chosen, State]:
    verdict = given.get("verdict", "")
    if verdict not in VERDICTS:
        raise UnprocessableEntity(_("The verdict must be approve, reject or spam."))
    return Chosen(chosen.narrowing(), _state(given), chosen.query), VERDICTS[verdict]


def _preview() -> Answer:
    chosen = filters.from_request()
    what, verdict = _chosen(request.args, chosen)
    found = decide_many.preview(wiring(), moderator().id, what, verdict)
    with wiring().database.read() as conn:
        samples = desk_queries.lines(conn, list(found.samples))
    return page.sheet(
        "desk/bulk_preview.html", chosen=chosen, state=what.state, verdict=request.args["verdict"], after=verdict,
        found=found, samples=samples, query=_query(chosen, what.state), most=decide_many.MOST,
        minutes=decide_many.UNDO_WITHIN_US // 60_000_000,
    )  # fmt: skip


def _begin() -> Answer:
    chosen = filters.from_request()
    what, verdict = _chosen(request.form, chosen)
    reason = request.form.get("reason") or None
    if reason is not None and reason not in set(Reason):
        raise UnprocessableEntity(_("There is no such reason."))
    said = Said(Reason(reason) if reason else None, text("for_team"), text("for_author"))
    bulk_id = decide_many.begin(wiring(), moderator().id, what, verdict, said)
    decide_many.run(wiring(), bulk_id, seconds=0.3)
    page.count_anew()
    if wants_json():
        return jsonify(bulk={"id": bulk_id, "url": url_for("desk_change.bulk_progress", bulk_id=bulk_id)})
    return redirect(url_for("desk_change.bulk_progress", bulk_id=bulk_id), 303)


def _progress(bulk_id: str) -> Answer:
    decide_many.run(wiring(), _own(bulk_id), seconds=0.3)
    found = decide_many.progress(wiring(), moderator().id, bulk_id)
    if found.finished:
        page.count_anew()
    if wants_json():
        return jsonify(
            stage=found.act.stage, done=found.done, total=found.act.total, finished=found.finished, said=_said(found)
        )
    return page.sheet(
        "desk/bulk_progress.html", found=found, said=_said(found), act=found.act,
        may_undo=found.act.stage in ("deciding", "decided") and found.act.closes_at > wiring().clock.now_us(),
        minutes=max(0, (found.act.closes_at - wiring().clock.now_us()) // 60_000_000),
    )  # fmt: skip


def _own(bulk_id: str) -> str:
    try:
        decide_many.progress(wiring(), moderator().id, bulk_id if is_id(bulk_id) else "")
    except NotThere:
        raise NotFound from None
    return bulk_id


def _said(found: Progress) -> str:
    act, endings = found.act, found.endings
    if act.stage == "undone":
        back, kept = endings.get("undone", 0), endings.get("kept", 0)
        told = ngettext("%(num)d comment is back to what it was.", "%(num)d comments are back to what they were.", back)
        beside = ngettext("%(num)d was left as it is.", "%(num)d were left as they are.", kept)
        return f"{told} {beside}" if kept else told
    if act.stage == "decided":
        done, passed = endings.get("decided", 0), endings.get("passed_over", 0)
        told = ngettext("%(num)d comment: %(state)s.", "%(num)d comments: %(state)s.", done,
                        state=words.state_name(act.verdict).lower())  # fmt: skip
        beside = ngettext("%(num)d was decided by somebody else meanwhile and left alone.",
                          "%(num)d were decided by somebody else meanwhile and left alone.", passed)  # fmt: skip
        return f"{told} {beside}" if passed else told
    return _("%(done)s of %(total)s", done=found.done, total=act.total)


def _undo(bulk_id: str) -> Answer:
    try:
        decide_many.undo(wiring(), moderator().id, _own(bulk_id))
    except decide_many.TooLate:
        sentence = _("The time to undo this is over. Each comment can still be decided anew.")
        return (jsonify(error=sentence) if wants_json() else page.notice(_("Too late"), sentence)), 409
    decide_many.run(wiring(), bulk_id, seconds=0.3)
    page.count_anew()
    return redirect(url_for("desk_change.bulk_progress", bulk_id=bulk_id), 303)


def _keep_filter() -> Answer:
    now = wiring().clock.now_us()
    forgotten, name = request.form.get("forget", ""), request.form.get("name", "").strip()[:80]
    given = request.form.get("query", "")
    chosen, state = filters.from_query(given), _state(dict(filters.pairs(given)))
    if forgotten:
        wiring().database.write(lambda conn: preferences.forget_filter(conn, moderator().id, forgotten[:26]))
    elif not name:
        raise UnprocessableEntity(_("Please give the filter a name."))
    else:
        kept, who = _query(chosen, state), moderator().id
        wiring().database.write(lambda conn: preferences.save_filter(conn, who, name=name, query=kept, at=now))
    return redirect(url_for("desk.search") + f"?{_query(chosen, state)}", 303)
