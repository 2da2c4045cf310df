"""How it goes, on one page: each plot with a sentence, its table, and the same as CSV."""

import threading
import time
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from moderation.services.numbers import Numbers, numbers
from moderation.storage import sites
from moderation.storage.rows import Record
from moderation.web.desk import number_plots, page
from moderation.web.desk.csv_file import csv_lines
from moderation.web.desk.guard import scope, wiring

KEPT_S = 20.0
_kept: dict[tuple[int, tuple[str, ...]], tuple[float, Numbers]] = {}
_keeping = threading.Lock()


def register(desk: Blueprint) -> None:
    desk.get("/numbers", endpoint="numbers")(_numbers)
    desk.get("/numbers/<plot>.csv", endpoint="numbers_csv")(_csv)


def _asked() -> tuple[list[Record], list[Record]]:
    """The sites asked for, and all that this person may see."""
    with wiring().database.read() as conn:
        mine = set(scope().look)
        seen = [row for row in sites.all_sites(conn) if row.id in mine]
    key = request.args.get("site", "")
    asked = [row for row in seen if row.key == key] if key else seen
    if key and not asked:
        raise NotFound
    return asked, seen


def numbers_of(asked: list[Record]) -> Numbers:
    """A moment old at most, however many people look."""
    key, now = (id(wiring().database), tuple(row.id for row in asked)), time.monotonic()
    with _keeping:
        for old in [each for each, (at, _) in _kept.items() if now - at >= KEPT_S]:
            del _kept[old]
        if key not in _kept:
            _kept[key] = (now, numbers(wiring(), key[1]))
        return _kept[key][1]


def _numbers() -> tuple[str, int]:
    asked, seen = _asked()
    found = numbers_of(asked)
    one = asked[0] if len(asked) == 1 and len(seen) > 1 else None
    return page.sheet(
        "desk/numbers.html", plots=number_plots.plots(found), figures=number_plots.figures(found), seen=seen,
        one=one, site_key=one.key if one else None,
    )  # fmt: skip


def _csv(plot: str) -> Response:
    asked, _seen = _asked()
    found: Any = next((each for each in number_plots.plots(numbers_of(asked)) if each.id == plot), None)
    if found is None:
        raise NotFound
    headers = {"Content-Disposition": f'attachment; filename="moderato-{found.id}.csv"'}
    lines = csv_lines(found.columns, found.rows)
    return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)
