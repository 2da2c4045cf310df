"""Put a page of the desk together: the views with their counts, the comment, what comes next."""

import json
import time
from dataclasses import dataclass, field
from threading import Lock
from types import SimpleNamespace
from typing import Any, cast

from flask import g, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from moderation.domain.reason import Reason
from moderation.domain.roles import Right
from moderation.services import claim as claims_service
from moderation.services import preferences as preferences_service
from moderation.services.claim import Claim, Held
from moderation.services.preferences import Preferences
from moderation.storage import claims, concerns, desk_queries, sites, view_counts
from moderation.storage.desk_queries import ASKED, AUDIT, VIEWS, WAITING
from moderation.storage.ids import new_id
from moderation.storage.narrowing import Narrowing
from moderation.storage.reading import reading
from moderation.storage.rows import Record
from moderation.storage.view_counts import Waiting
from moderation.web.desk import words
from moderation.web.desk.card import Card, card
from moderation.web.desk.filters import Filter
from moderation.web.desk.guard import moderator, scope, wiring

NEXT_SHOWN = 3
LISTED = 25
UNDO_WITHIN_US = 2 * 3_600_000_000
COUNTS_KEPT_S = 1.0
CLAIMED_VIEWS = (*WAITING, *ASKED, AUDIT)
ANSWERS_SHOWN_US = 14 * 24 * 3_600_000_000

_counted: dict[tuple[int, tuple[str, ...]], tuple[float, dict[str, Waiting]]] = {}
_counting = Lock()


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in the middle of the page."""

    view: str
    card: Card | None
    below: list[Record]
    onward: str | None  # the comment that `next` leads to
    skipped: int
    last: Record | None
    last_text: str
    filter: Filter = field(default_factory=Filter)


def counts() -> dict[str, Waiting]:
    """Counted every few seconds in each process, however many desks are open on the same sites."""
    now, mine = time.monotonic(), scope().look
    key = (id(wiring().database), mine)
    with _counting:
        known = _counted.get(key)
        if known is not None and now - known[0] < COUNTS_KEPT_S:
            return known[1]
        with wiring().database.snapshot() as conn:
            fresh = view_counts.counts(conn, mine)
        for old in [other for other, (at, _) in _counted.items() if now - at >= COUNTS_KEPT_S]:
            del _counted[old]
        _counted[key] = (now, fresh)
        return fresh


def count_anew() -> None:
    """After a decision, the one who made it looks at the counts."""
    with _counting:
        _counted.clear()


def count_text(waiting: Waiting, now: int) -> str:
    """`41 · 2 h`: how many, and since when the oldest waits."""
    number = words.count(waiting.count, more=waiting.more)
    if waiting.oldest is None or not waiting.count:
        return number
    return f"{number} · {words.age(waiting.oldest, now)}"


def others_text(conn: Connection) -> str:
    others = claims.others(conn, moderator().id, now=wiring().clock.now_us())
    return ngettext("%(num)d other here", "%(num)d others here", others) if others else ""


def show(view: str, comment_id: str | None = None, chosen: Filter | None = None) -> Shown:
    """The comment asked for, or the next one of the view; waiting ones are claimed for who reads them."""
    chosen = chosen or Filter()
    claim, held = _claimed(view, comment_id, chosen)
    return _show(view, claim.comment_id if claim else comment_id, chosen, claim, held)


def ahead(view: str, claim: Claim, *, besides: str, chosen: Filter) -> Shown:
    """What is shown after the comment `besides`, made before anybody asks for it."""
    return _show(view, claim.comment_id, chosen, claim, None, besides=besides)


def _show(
    view: str, shown_id: str | None, chosen: Filter, claim: Claim | None, held: Held | None, *, besides: str = ""
) -> Shown:
    narrowed = chosen.narrowing()
    with wiring().database.read() as conn:
        if shown_id is None and (view not in CLAIMED_VIEWS or not moderator().may_decide):
            first = desk_queries.page(conn, view, scope(), limit=1, narrowed=narrowed)
            shown_id = first[0].id if first else None
        found = reading(conn, shown_id) if shown_id else None
        if shown_id and (found is None or not moderator().may(Right.LOOK, found.comment.site_id)):
            raise NotFound
        below = _below(conn, view, found.comment if found else None, besides, narrowed)
        onward = _onward(conn, view, found.comment if found else None, besides, narrowed)
        # Told where nothing is left to read.
        skipped = desk_queries.skipped(conn, view, scope()) if found is None else 0
        last = _last(conn)
        last_text = desk_queries.lines(conn, [last.comment_id])[0].text if last is not None else ""
    made = card(wiring(), view, found, claim=claim, held=held) if found else None
    return Shown(view, made, below, onward or (below[0].id if below else None), skipped, last, last_text, chosen)


def last_line(claim: Claim) -> str:
    """The line under the decisions: whose the comment is, and the last decision with its undo."""
    with wiring().database.read() as conn:
        last = _last(conn)
        last_text = desk_queries.lines(conn, [last.comment_id])[0].text if last is not None else ""
    shown = SimpleNamespace(last=last, last_text=last_text, filter=Filter())
    return render_template("desk/_last.html", shown=shown, card=SimpleNamespace(claim=claim), **helpers())


def _claimed(view: str, comment_id: str | None, chosen: Filter) -> tuple[Claim | None, Held | None]:
    if view not in CLAIMED_VIEWS or not moderator().may_decide:
        return None, None
    if comment_id is None:
        return claims_service.claim_next(wiring(), moderator().id, view, chosen.narrowing()), None
    taken = claims_service.claim(wiring(), moderator().id, comment_id)
    if taken is None:
        raise NotFound
    return (taken, None) if isinstance(taken, Claim) else (None, taken)


def _below(
    conn: Connection, view: str, comment: Record | None, besides: str, narrowed: Narrowing
) -> list[Record]:
    """What comes next: a few of the queue, or the page of a decided view."""
    if view not in CLAIMED_VIEWS:
        before = comment.queue_key if comment is not None else None
        return desk_queries.page(
            conn, view, scope(), limit=LISTED, before=before, narrowed=narrowed
        )
    ids = desk_queries.next_for(
        conn, view, scope(), now=wiring().clock.now_us(), limit=NEXT_SHOWN,
        besides=[comment.id, besides] if comment is not None else [], narrowed=narrowed,
    )  # fmt: skip
    return desk_queries.lines(conn, ids)


def _onward(
    conn: Connection, view: str, comment: Record | None, besides: str, narrowed: Narrowing
) -> str | None:
    """Of a queue, the one after this comment, so that all of it can be walked through; None at its end."""
    if view not in CLAIMED_VIEWS or comment is None:
        return None
    ids = desk_queries.next_for(
        conn, view, scope(), now=wiring().clock.now_us(), limit=1, besides=[comment.id, besides], narrowed=narrowed,
        after=comment,
    )  # fmt: skip
    return ids[0] if ids else None


def _last(conn: Connection) -> Record | None:
    since = new_id(wiring().clock.now_us() - UNDO_WITHIN_US)
    last: Record | None = desk_queries.last_by(conn, scope(), since_id=since)
    return last


def render(shown: Shown, status: int = 200, **more: Any) -> tuple[str, int]:
    return render_template("desk/desk.html", **frame(shown.view), **context(shown), **more), status


def fragment(shown: Shown, **more: Any) -> dict[str, Any]:
    """The middle of the page for a script to swap in, with what a program needs to decide on it."""
    html = render_template("desk/_reading.html", **context(shown), **more)
    if shown.card is None:
        return {"id": None, "html": html}
    comment = shown.card.comment
    return {
        "id": comment.id,
        "version": comment.version,
        "url": url_for("desk.view", view=shown.view, comment=comment.id),
        "html": html,
        "claimed_at": shown.card.claim.claimed_at if shown.card.claim else None,
    }


def context(shown: Shown) -> dict[str, Any]:
    return {"shown": shown, "card": shown.card, "view": shown.view, "chosen": shown.filter, **helpers()}


def frame(view: str) -> dict[str, Any]:
    now, counted = wiring().clock.now_us(), counts()
    with wiring().database.read() as conn:
        read = {"others": others_text(conn), "answers": _answers(conn), "site_name": _site_names(conn)}
    return {
        "views": [
            {"key": key, "name": words.view_name(key), "count": count_text(counted[key], now)} for key in VIEWS
        ],
        **read,
        "scorer_problem": wiring().scorer.current() is None,
        "desk_pages": desk_pages(),
        "my_pages": my_pages(),
    }


def sheet(template: str, status: int = 200, **given: Any) -> tuple[str, int]:
    """A page beside the queues: the same top and views around it."""
    return render_template(template, **frame(""), **helpers(), **given), status


def preferences() -> Preferences:
    """Read once a request."""
    if "preferences" not in g:
        g.preferences = preferences_service.of(wiring(), moderator().id)
    return cast(Preferences, g.preferences)


def _answers(conn: Connection) -> list[Record]:
    """What leads answered to this moderator, of comments that still wait."""
    return concerns.answered_for(conn, moderator().id, since=wiring().clock.now_us() - ANSWERS_SHOWN_US)


def my_pages() -> list[dict[str, str]]:
    """What everybody finds under their own name."""
    return [
        {"name": _("Your account"), "url": url_for("desk_account.show")},
        {"name": _("Keys and masked words"), "url": url_for("desk.settings")},
    ]


def _site_names(conn: Connection) -> str:
    """What the top of each page names: the one site somebody works for, or how many."""
    mine = set(scope().look)
    names = [row.name for row in sites.all_sites(conn) if row.id in mine]
    return names[0] if len(names) == 1 else ngettext("%(num)d site", "%(num)d sites", len(names)) if names else ""


def desk_pages() -> list[dict[str, str]]:
    """The pages beside the queues that this person may open; a new one is one line here."""
    pages = ((endpoint, name) for endpoint, name, right in _desk_pages() if moderator().may(right))
    return [{"endpoint": endpoint, "name": name, "url": url_for(endpoint)} for endpoint, name in pages]


def _desk_pages() -> list[tuple[str, str, Right]]:
    return [
        ("desk.numbers", _("Numbers"), Right.LOOK),
        ("desk.learning", _("Learning"), Right.LOOK),
        ("desk_lead.policy", _("Policy"), Right.LEAD),
        ("desk_lead.log", _("Log"), Right.LEAD),
        ("desk_people.people", _("People"), Right.ADMINISTER),
        ("desk_connect.connect", _("Connect a site"), Right.ADMINISTER),
    ]


def helpers() -> dict[str, Any]:
    now = wiring().clock.now_us()
    return {
        "words": words,
        "now": now,
        "me": moderator(),
        "reasons": list(enumerate(Reason, 1)),
        "shown_in_claims": CLAIMED_VIEWS,
        "keys": preferences().keys,
        "mask": preferences().mask,
        "break_after": preferences().break_after,
        "leads": moderator().may(Right.LEAD),
        "title": _("Moderation desk"),
        "parse": json.loads,
    }


def notice(heading: str, sentence: str) -> str:
    return render_template("desk/notice.html", heading=heading, sentence=sentence)


def held_text(held: Held) -> str:
    return _("%(name)s is reading this comment now. Whoever decides first is heard.", name=held.by)
