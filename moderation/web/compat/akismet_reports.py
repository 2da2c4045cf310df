"""What Akismet's plugin and its 1.2 calls report: how much a key is used, by which blog, and how well it went."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from flask import Response, jsonify

from moderation.services.api_keys import Key
from moderation.services.api_keys_usage import DAY_US, Usage, Used

__all__ = ["DAY_US", "key_sites", "stats", "subscription", "usage_limit"]
EPOCH = date(1970, 1, 1)
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_NAMES = {"total": "calls", "spam": "spam", "ham": "ham", "missed_spam": "missed_spam",
          "false_positives": "false_positives"}  # fmt: skip
# A person needs about this long to look at a spam and file it.
SECONDS_SAVED = 5
HEAD = ("Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked")


def usage_limit(usage: Usage, holder: Key, today: int) -> Response:
    """There is no limit a month: a key has its rate, and that is told by 429."""
    first, last = _month_of(_day(today))
    calls = sum(row.calls for row in usage.between(holder.id, first, last))
    return jsonify({"limit": "none", "usage": calls, "percentage": "0.00", "throttled": False})


def key_sites(usage: Usage, holder: Key, fields: Mapping[str, str], today: int) -> Response:
    asked = _MONTH.fullmatch(fields.get("month", ""))
    month = date(int(asked[1]), int(asked[2]), 1) if asked else _day(today).replace(day=1)
    rows = _by(usage.between(holder.id, *_month_of(month)), lambda row: row.blog)
    wanted = fields.get("filter", "").lower()
    order = _NAMES.get(fields.get("order", "total"), "calls")
    # What another protocol asked with this key is no blog's.
    found = sorted((item for item in rows.items() if item[0] and wanted in item[0]), key=lambda item: -item[1][order])
    limit, offset = _number(fields.get("limit"), 500), _number(fields.get("offset"), 0)
    shown = found[offset : offset + limit]
    name = f"{month:%Y-%m}"
    if fields.get("format") == "csv":
        return _csv(f"Active sites for this key during {name}", shown, limit, offset, len(found))
    return jsonify({name: [_site(*item) for item in shown], "limit": limit, "offset": offset, "total": len(found)})


def stats(usage: Usage, holder: Key, fields: Mapping[str, str], today: int) -> Response:
    period = fields.get("from", "all")
    since = {"60-days": today - 59, "6-months": today - 182}.get(period, 0)
    used = usage.between(holder.id, since, today)
    form = "%Y-%m-%d" if period == "60-days" else "%Y-%m"
    by_time = _by(used, lambda row: _day(row.day).strftime(form))
    return jsonify({**_figures(used), "breakdown": {name: {"da": name, **row} for name, row in by_time.items()}})


def subscription(holder: Key) -> Response:
    return jsonify(
        {
            "account_id": 1, "account_name": holder.site_key, "account_type": "self-hosted", "status": "active",
            "next_billing_date": False, "limit_reached": False,
        }
    )  # fmt: skip


def _figures(used: Iterable[Used]) -> dict[str, object]:
    sums = _by(used, lambda row: "").get("", dict.fromkeys(_NAMES.values(), 0))
    seen = sums["spam"] + sums["ham"]
    wrong = min(seen, sums["missed_spam"] + sums["false_positives"])
    accuracy = 100 * (seen - wrong) / seen if seen else 100.0
    kept = {name: sums[name] for name in ("spam", "ham", "missed_spam", "false_positives")}
    return {**kept, "accuracy": f"{accuracy:.2f}", "time_saved": sums["spam"] * SECONDS_SAVED}


def _by(used: Iterable[Used], name: Callable[[Used], str]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_NAMES.values(), 0))
    for row in used:
        for each in _NAMES.values():
            sums[name(row)][each] += getattr(row, each)
    return dict(sums)


def _site(blog: str, row: Mapping[str, int]) -> dict[str, object]:
    """Numbers as text, as the live service has them."""
    figures = {name: str(row[name]) for name in ("spam", "ham", "missed_spam", "false_positives")}
    return {"site": blog, "api_calls": str(row["calls"]), **figures, "is_revoked": False}


def _csv(title: str, shown: list[tuple[str, dict[str, int]]], limit: int, offset: int, total: int) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    out.write(f"{title} (limit:{limit}, offset: {offset}, total: {total})\n")
    writer.writerow(HEAD)
    for blog, row in shown:
        figures = [row[name] for name in ("calls", "spam", "ham", "missed_spam", "false_positives")]
        # A host cannot begin with what a spreadsheet takes for a formula; an invented one could.
        writer.writerow([blog.lstrip("=+-@"), *figures, "false"])
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8")


def _day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def _month_of(day: date) -> tuple[int, int]:
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return (first - EPOCH).days, (following - EPOCH).days - 1


def _number(given: str | None, default: int) -> int:
    return min(int(given), 10_000) if given and given.isascii() and given.isdigit() and len(given) < 9 else default
