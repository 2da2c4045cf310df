"""What a list or a queue is narrowed to, as it stands in the address of a page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import request
from flask_babel import gettext as _
from werkzeug.exceptions import UnprocessableEntity

from moderation.services import search
from moderation.storage import sites
from moderation.storage.ids import is_id
from moderation.storage.narrowing import EVERYTHING, Narrowing
from moderation.web.desk.guard import scope, wiring

LONGEST = 200
NONE = "-"


@dataclass(frozen=True, slots=True)
class Filter:
    """Each as it was typed; empty for anything. `low` and `high` are percent, `since` and `until` days."""

    q: str = ""
    site: str = ""
    author: str = ""
    thread: str = ""
    flood: str = ""
    section: str = ""
    language: str = ""
    low: str = ""
    high: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        """For an address: what is set, in one order."""
        return urlencode({each.name: value for each in fields(self) if (value := getattr(self, each.name))})

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def narrowing(self) -> Narrowing:
        """Raises UnprocessableEntity, naming the field, for what cannot be meant."""
        if not self:
            return EVERYTHING
        with wiring().database.read() as conn:
            mine = scope().look
            site = sites.by_key(conn, self.site) if self.site else None
        if self.site and (site is None or site.id not in mine):
            raise UnprocessableEntity(_("There is no such site."))
        found = search.find(wiring(), mine, self.q) if self.q.strip() else None
        return Narrowing(
            site_id=site.id if site else None,
            author_ids=(_id(self.author, "author"),) if self.author else found.author_ids if found else None,
            thread_id=_id(self.thread, "thread") if self.thread else None,
            flood_id=_id(self.flood, "flood") if self.flood else None,
            since=_day(self.since, "since"),
            until=_day(self.until, "until", whole=True),
            low=_share(self.low, "low"),
            high=_share(self.high, "high"),
            ids=found.ids if found else None,
            section=_none(self.section),
            language=_none(self.language),
        )


def from_request() -> Filter:
    """Of a page: its address; of a form: its field `filter`."""
    if request.method == "POST":
        return from_query(request.form.get("filter", ""))
    return _filter(request.args)


def from_query(query: str) -> Filter:
    return _filter(dict(pairs(query)))


def pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query[:2000])


def _filter(given: Mapping[str, Any]) -> Filter:
    return Filter(**{each.name: str(given.get(each.name, ""))[:LONGEST].strip() for each in fields(Filter)})


def _id(value: str, field: str) -> str:
    if not is_id(value):
        raise UnprocessableEntity(_("%(field)s must be an id.", field=field))
    return value


def _none(value: str) -> str | None:
    """`-` asks for those that have none."""
    return ("" if value == NONE else value) if value else None


def _share(value: str, field: str) -> float | None:
    if not value:
        return None
    try:
        share = float(value.replace(",", ".")) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UnprocessableEntity(_("%(field)s must be a percentage from 0 to 100.", field=field))
    return share


def _day(value: str, field: str, *, whole: bool = False) -> int | None:
    if not value:
        return None
    try:
        at = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UnprocessableEntity(_("%(field)s must be a day like 2026-11-25.", field=field)) from None
    return int((at + timedelta(days=1 if whole else 0)).timestamp() * 1_000_000) - (1 if whole else 0)
