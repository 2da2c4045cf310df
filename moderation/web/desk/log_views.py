"""The log at the desk: search it, read it, take it along as CSV."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request, stream_with_context, url_for

from moderation.domain.roles import Right, Role
from moderation.services import export_log
from moderation.storage import log_search, roles
from moderation.storage.ids import is_id, lowest_id
from moderation.storage.log_search import Asked
from moderation.web.desk import log_words, page, words
from moderation.web.desk.csv_file import csv_lines
from moderation.web.desk.guard import moderator, wiring

ON_A_PAGE = 50
MOST_EXPORTED = 200_000
FIELDS = ("actor", "action", "subject", "since", "until", "automatic")
COLUMNS = ("number", "hash", "id", "time", "actor", "name", "action", "subject", "site", "details")


def register(desk: Blueprint) -> None:
    desk.get("/log", endpoint="log")(_log)
    desk.get("/log.csv", endpoint="log_csv")(_csv)


def _given() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:100] for name in FIELDS}


def _asked(given: dict[str, str]) -> Asked:
    return Asked(
        sites=_sites(),
        actor=given["actor"],
        action=given["action"],
        subject=given["subject"],
        since_id=_day(given["since"]),
        before_id=_day(given["until"], later=1),
        automatic=bool(given["automatic"]),
    )


def _sites() -> list[str] | None:
    """Whoever administers all sites reads all of it; a lead, what concerns the sites they lead."""
    if moderator().role == Role.ADMIN:
        return None
    with wiring().database.read() as conn:
        return roles.site_ids(conn, moderator().id, Right.LEAD)


def _day(text: str, later: int = 0) -> str:
    """The lowest id of a day; no limit for what is no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=later)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return ""
    return lowest_id(int(moment * 1_000_000)) if moment > 0 else ""


def _log() -> tuple[str, int]:
    given = _given()
    before = request.args.get("before", "")
    with wiring().database.read() as conn:
        rows = log_search.newest(
            conn, _asked(given), limit=ON_A_PAGE + 1, before=before if is_id(before) else ""
        )
        people = log_search.actors(conn, None)
    asked: dict[str, Any] = {name: value for name, value in given.items() if value}
    older = {**asked, "before": rows[ON_A_PAGE - 1].id} if len(rows) > ON_A_PAGE else None
    return page.sheet(
        "desk/log.html",
        rows=rows[:ON_A_PAGE],
        given=given,
        people=people,
        log=log_words,
        older=url_for("desk_lead.log", **older) if older else None,
        newest=url_for("desk_lead.log", **asked) if before else None,
        csv=url_for("desk_lead.log_csv", **asked),
    )


def _csv() -> Response:
    given = _given()
    export_log.exported(wiring(), moderator().id, {name: value for name, value in given.items() if value})
    lines = csv_lines(COLUMNS, _exported(_asked(given)))
    headers = {"Content-Disposition": 'attachment; filename="moderato-log.csv"'}
    return Response(stream_with_context(lines), content_type="text/csv; charset=utf-8", headers=headers)


def _exported(asked: Asked) -> Iterator[tuple[Any, ...]]:
    with wiring().database.read() as conn:
        for row in log_search.everything(conn, asked, most=MOST_EXPORTED):
            yield (
                row.number, row.hash, row.id, words.iso(row.created_at), row.actor, row.actor_name or "", row.action,
                row.subject, row.site_key or "", row.details,
            )  # fmt: skip
