"""From numbers to plots: what each shows, the sentence over it, and the table under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from moderation.domain.comment import Band
from moderation.services.numbers import BANDS, RECENT_DAYS, SOURCES, Numbers
from moderation.storage.site_days import SCORE_BINS
from moderation.web.desk import plots as draw
from moderation.web.desk import words
from moderation.web.desk.plots import Series, Whisker

if TYPE_CHECKING:
    from moderation.services.realised_error import RealisedError

SMOOTHED_DAYS = 7
LONG_MIN = 150  # from here on hours are easier to read


@dataclass(frozen=True, slots=True)
class Plot:
    """`said`: the finding in a sentence; `note`: how it was measured."""

    id: str
    title: str
    said: str
    svg: Markup | None  # None: nothing to show yet, and `said` says when there will be
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""


def plots(found: Numbers) -> list[Plot]:
    return [
        _volume(found), _errors(found), _oldest(found), _waits(found), _hours(found), _overturned(found),
        _agreement(found), _learned(found), _drift(found),
    ]  # fmt: skip


def figures(found: Numbers) -> list[tuple[str, str]]:
    """A few words to read first: today so far."""
    arrived = sum(int(found.day(f"band:{band}")[-1] or 0) for band in BANDS)
    held = int(found.day(f"band:{Band.REVIEW}")[-1] or 0) + int(found.day(f"band:{Band.UNSCORED}")[-1] or 0)
    decided = int(found.day("decided")[-1] or 0)
    share = words.percent(1 - held / arrived) if arrived else "–"
    return [
        (words.count(arrived, 10**9), _("comments today")),
        (share, _("decided automatically")),
        (words.count(decided, 10**9), _("decided by people today")),
        (words.count(found.labels, 10**9), _("decisions to learn from")),
    ]


def _dates(found: Numbers) -> list[str]:
    return [format_date(_date(day), "d MMM") for day in found.days]


def _date(day: int) -> Any:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()


def _isos(found: Numbers) -> list[str]:
    return [_date(day).isoformat() for day in found.days]


def _whole(values: Sequence[float | None]) -> list[int]:
    return [int(value or 0) for value in values]


def _volume(found: Numbers) -> Plot:
    names = {
        Band.AUTO_APPROVE: (_("approved"), "approve"), Band.REVIEW: (_("held"), "review"),
        Band.UNSCORED: (_("unscored"), "field"), Band.AUTO_REJECT: (_("rejected"), "reject"),
        Band.AUTO_SPAM: (_("spam"), "spam"),
    }  # fmt: skip
    series = [Series(*names[band], _whole(found.day(f"band:{band}"))) for band in BANDS]
    shown = [one for one in series if any(one.values)]
    total = sum(value or 0 for one in series for value in one.values)
    said = ngettext("%(num)d comment in four weeks", "%(num)d comments in four weeks", int(total))
    if total:
        held = sum(value or 0 for one in series[1:3] for value in one.values)
        said += ", " + _("%(share)s of them held for a person", share=words.percent(held / total))
    svg = draw.stacked_bars("volume", _("Comments a day"), said, _dates(found), shown) if total else None
    rows = [[day, *(one.values[n] for one in series)] for n, day in enumerate(_isos(found))]
    columns = [_("Day"), *(one.name for one in series)]
    return Plot("volume", _("Comments a day, by what the automation did"), said + ".", svg, columns, rows)


def _errors(found: Numbers) -> Plot:
    rows: list[Whisker] = []
    table = []
    measured = any(error.audited for _site, error in found.errors)
    several = len({name for name, _error in found.errors}) > 1
    for site, error in found.errors:
        name = _budget(error) if not several else f"{site}: {_budget(error)}"
        colour = {"kept": "approve", "broken": "reject", "open": "review"}[error.standing]
        if error.audited or not measured:  # a site without any check has a line in the table only
            rows.append(Whisker(name, error.rate, error.low, error.high, error.limit, colour))
        table.append(
            [site, _budget(error), _standing(error), error.audited, error.errors, error.waiting,
             _share(error.rate), _share(error.low), _share(error.high), _share(error.limit)]
        )  # fmt: skip
    audited = sum(error.audited for _site, error in found.errors)
    said = " ".join(_verdict(error) for _site, error in found.errors) if not several else _(
        "%(n)s automatic decisions were checked in 30 days.", n=audited
    )
    columns = [_("Site"), _("Budget"), _("Standing"), _("Checked"), _("Wrong"), _("Waiting"), _("Measured"),
               _("Low"), _("High"), _("Limit")]  # fmt: skip
    title = _("Measured error of automatic decisions")
    svg = draw.whiskers("errors", title, said, rows, words.percent) if measured else None
    note = _("The dot is measured on the audit sample, the line its 95 % interval, the bar across the budget.")
    return Plot("errors", _("How often the automation is wrong"), said, svg, columns, table, note)


def _budget(error: "RealisedError") -> str:
    return _("wrong approvals") if error.budget == "max_wrong_approvals" else _("wrong rejections")


def _standing(error: "RealisedError") -> str:
    return {"kept": _("kept"), "broken": _("broken"), "open": _("not known yet")}[error.standing]


def _verdict(error: "RealisedError") -> str:
    budget = _budget(error).capitalize()
    if error.rate is None:
        return _("%(budget)s: nothing was checked yet.", budget=budget)
    return _(
        "%(budget)s: %(rate)s (%(bounds)s) against %(limit)s, %(standing)s.", budget=budget,
        rate=words.percent(error.rate), bounds=words.bounds(error.low, error.high), limit=words.percent(error.limit),
        standing=_standing(error),
    )  # fmt: skip


def _oldest(found: Numbers) -> Plot:
    values = [value / 3600 if value is not None else None for value in found.day("worst:oldest")]
    target = found.target_s / 3600
    late = sum(value is not None and value > target for value in values)
    known = sum(value is not None for value in values)
    said = ngettext("Longer than the target on %(num)d day", "Longer than the target on %(num)d days", late)
    said = said + _(" of %(known)s.", known=known) if known else _("Seen from the first day with a waiting comment.")
    series = [Series(_("oldest"), "review", values)]
    svg = draw.lines(
        "oldest", _("Age of the oldest waiting comment"), said, _dates(found), series, form=_hours_text,
        target=target, target_name=_("target"),
    ) if known else None  # fmt: skip
    rows = [[day, _round(value), _round(target)] for day, value in zip(_isos(found), values, strict=True)]
    columns = [_("Day"), _("Hours"), _("Target")]
    return Plot("oldest", _("How long the oldest comment waited"), said, svg, columns, rows)


def _waits(found: Numbers) -> Plot:
    half, most = ([value / 60 if value is not None else None for value in found.day(name)]
                  for name in ("wait:p50", "wait:p95"))  # fmt: skip
    long = max((value for value in most if value is not None), default=0) > LONG_MIN
    last = next((value for value in reversed(half) if value is not None), None)
    said = _("Nobody decided a waiting comment yet.")
    svg = None
    if last is not None:
        said = _("On the last such day half of the waiting comments were decided within %(time)s.", time=_time(last))
        series = [
            Series(name, colour, [v / 60 if long and v is not None else v for v in values])
            for name, colour, values in ((_("95 in 100"), "muted", most), (_("half"), "accent", half))
        ]
        title, form = _("Time to a person's decision"), _hours_text if long else _minutes_text
        svg = draw.lines("waits", title, said, _dates(found), series, form=form)
    rows = [[day, _round(a), _round(b)] for day, a, b in zip(_isos(found), half, most, strict=True)]
    columns = [_("Day"), _("Half within (minutes)"), _("95 in 100 within (minutes)")]
    return Plot("waits", _("Time to decision"), said, svg, columns, rows)


def _hours(found: Numbers) -> Plot:
    total, most = sum(found.by_hour), max(found.by_hour, default=0)
    said = ngettext("%(num)d decision in 24 hours", "%(num)d decisions in 24 hours", total)
    said += _(", at most %(most)s in an hour.", most=most) if total else "."
    names = [f"{hour % 24:02}:00" for hour in found.hours]
    series = Series("", "accent", found.by_hour)
    svg = draw.bars("hours", _("People's decisions an hour"), said, names, series) if total else None
    rows = list(zip(names, found.by_hour, strict=True))
    return Plot("hours", _("Decisions an hour, last 24 hours (UTC)"), said, svg, [_("Hour"), _("Decisions")], rows)


def _overturned(found: Numbers) -> Plot:
    names = {"moderator": _("a moderator"), "audit": _("the audit"), "appeal": _("an appeal")}
    rows = [[names[source], *found.overturned[source]] for source in SOURCES]
    total, checked = (sum(found.overturned[source][n] for source in SOURCES) for n in (0, 1))
    said = _("No decided comment was looked at again yet.")
    svg = None
    if checked:
        said = _("Of %(checked)s decided comments that a person looked at again, %(total)s were changed.",
                 checked=checked, total=total)  # fmt: skip
        pairs = [found.overturned[source] for source in SOURCES]
        upheld = Series(_("kept"), "approve", [looked - changed for changed, looked in pairs])
        changed = Series(_("changed"), "reject", [changed for changed, _looked in pairs])
        places, title = [names[source] for source in SOURCES], _("Decisions looked at again, by source")
        svg = draw.stacked_bars("overturned", title, said, places, [changed, upheld])
    columns = [_("By"), _("Changed"), _("Looked at")]
    return Plot("overturned", _("Decisions that were overturned"), said, svg, columns, rows)


def _agreement(found: Numbers) -> Plot:
    values = found.day("alpha")
    said = _("Shown once two people have decided the same comments.")
    if found.alpha is not None:
        said = ngettext(
            "On %(num)d comment that two people decided: %(alpha)s.",
            "On %(num)d comments that two people decided: %(alpha)s.", found.alpha_items, alpha=f"{found.alpha:.2f}",
        )  # fmt: skip
    svg = None
    if any(value is not None for value in values):
        series = [Series(_("alpha"), "accent", [None if v is None else max(0, v) for v in values])]
        svg = draw.lines(
            "agreement", _("Agreement between moderators"), said, _dates(found), series, top=1, target=0.8,
            target_name=_("good"),
        )  # fmt: skip
    rows = [[day, _round(value)] for day, value in zip(_isos(found), values, strict=True)]
    note = _("Krippendorff's alpha over 90 days: 1 is perfect, 0 what chance would give, 0.8 usually called good.")
    return Plot("agreement", _("Agreement between moderators"), said, svg, [_("Day"), _("Alpha")], rows, note)


def _learned(found: Numbers) -> Plot:
    agreed, judged = found.day("agreed"), found.day("judged")
    shares: list[float | None] = []
    for day in range(len(found.days)):
        window = slice(max(0, day - SMOOTHED_DAYS + 1), day + 1)
        count = sum(value or 0 for value in judged[window])
        shares.append(sum(value or 0 for value in agreed[window]) / count if count else None)
    known = [share for share in shares if share is not None]
    said = ngettext("%(num)d decision to learn from", "%(num)d decisions to learn from", found.labels)
    if len(known) > 1:
        said += _("; the model agreed with %(now)s of the last week's, %(before)s at first.",
                  now=words.percent(known[-1]), before=words.percent(known[0]))  # fmt: skip
    elif known:
        said += _("; the model agreed with %(now)s of them.", now=words.percent(known[-1]))
    else:
        said += "."
    series = [Series(_("agrees"), "accent", shares)]
    title = _("The model's agreement with people's decisions")
    svg = draw.lines("learned", title, said, _dates(found), series, form=words.percent, top=1) if known else None
    rows = [[day, int(one or 0), int(other or 0), _share(share)]
            for day, one, other, share in zip(_isos(found), agreed, judged, shares, strict=True)]  # fmt: skip
    columns = [_("Day"), _("Agreed"), _("Judged"), _("Over seven days")]
    note = _("Of comments that a person decided, mostly the difficult ones: what the model thought when it came in.")
    return Plot("learned", _("What the model has learned here"), said, svg, columns, rows, note)


def _drift(found: Numbers) -> Plot:
    before, now = _shares(found.scores_before), _shares(found.scores_now)
    said = _("Shown once there are scores of two weeks.")
    svg = None
    places = [f"{n * 100 // SCORE_BINS}–{(n + 1) * 100 // SCORE_BINS} %" for n in range(SCORE_BINS)]
    if found.drift is not None:
        sizes = (_("hardly changed"), _("changed a little"), _("changed"))
        size = sizes[(found.drift >= 0.1) + (found.drift >= 0.25)]
        said = _("Scores have %(size)s: stability index %(index)s.", size=size, index=f"{found.drift:.2f}")
        pair = (Series(_("before"), "field", before), Series(_("last week"), "accent", now))
        svg = draw.paired_bars("drift", _("Spread of scores"), said, places, pair, words.percent)
    rows = [[place, _share(a), _share(b)] for place, a, b in zip(places, before, now, strict=True)]
    note = _(
        "Share of comments in each tenth of the score, the last %(days)s days beside the three weeks before. An index "
        "above 0.25 means that other comments come in than the bands were chosen for.", days=RECENT_DAYS,
    )  # fmt: skip
    columns = [_("Score"), _("Before"), _("Last week")]
    return Plot("drift", _("Drift of scores"), said, svg, columns, rows, note)


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [count / total if total else 0 for count in counts]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.2f}"


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _hours_text(hours: float) -> str:
    return _("%(n)s h", n=f"{hours:g}")


def _minutes_text(minutes: float) -> str:
    return _("%(n)s min", n=f"{minutes:g}")


def _time(minutes: float) -> str:
    if minutes < 1:
        return _("%(n)s s", n=round(minutes * 60))
    return _("%(n)s min", n=round(minutes)) if minutes < 120 else _("%(n)s h", n=round(minutes / 60))
