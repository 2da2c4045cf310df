"""Small plots as SVG, drawn here: zero-based, labelled directly, coloured by the desk's own tokens.

Each has a title and a description for screen readers; the page puts its table under it. 360 units wide,
so that a unit is about a pixel on a telephone and in a column of the desk. Colours are classes
(`f-approve`), so that dark mode and forced colours work.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 50, 78, 14, 24
NARROW = 8  # at the right, where no name stands
LINE = 13  # between two labels


@dataclass(frozen=True, slots=True)
class Series:
    """`values` has one for each place on the axis; None where there is nothing to show."""

    name: str
    colour: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Whisker:
    """A measured share with its interval, and the limit it is compared with."""

    name: str
    point: float | None
    low: float
    high: float
    limit: float
    colour: str


def ticks(most: float) -> list[float]:
    """0, the middle and the top of an axis, at round numbers not below `most`."""
    if most <= 0:
        return [0, 1]
    size = 10 ** floor(log10(most))
    steps = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if most >= 10 else (1, 2, 4, 5, 10)
    top = next(step * size for step in steps if step * size >= most * 0.999)
    return [0, top / 2, top]


def stacked_bars(id: str, title: str, said: str, places: Sequence[str], series: Sequence[Series]) -> Markup:
    totals = [sum(one.values[place] or 0 for one in series) for place in range(len(places))]
    scale, right = ticks(max(totals, default=0)), RIGHT if any(one.name for one in series) else NARROW
    y, x, width = _y(scale[-1]), _x(len(places), right), _bar(len(places), right)
    parts = [_grid(scale, y, str, right)]
    base = [0.0] * len(places)
    ends: list[tuple[float, str, str]] = []
    for one in series:
        for place in range(len(places)):
            value = one.values[place] or 0
            if value:
                top = y(base[place] + value)
                parts.append(_rect(x(place), top, width, y(base[place]) - top, one.colour))
            base[place] += value
        last = one.values[-1] or 0 if one.values else 0
        ends.append((y(base[-1] - last / 2) if base else y(0), one.name, one.colour))
    parts += [_labels(ends), _axis(places, x, width)]
    return _svg(id, title, said, parts)


def bars(id: str, title: str, said: str, places: Sequence[str], series: Series) -> Markup:
    return stacked_bars(id, title, said, places, [Series("", series.colour, series.values)])


def lines(
    id: str, title: str, said: str, places: Sequence[str], series: Sequence[Series], *,
    form: Callable[[float], str] = str, target: float | None = None, target_name: str = "", top: float | None = None,
) -> Markup:  # fmt: skip
    """Lines over time, with a dashed target where there is one."""
    known = [value for one in series for value in one.values if value is not None]
    scale = [0, top / 2, top] if top else ticks(max([*known, target or 0], default=0))
    y, x, half = _y(scale[-1]), _x(len(places)), _bar(len(places)) / 2
    parts = [_grid(scale, y, form)]
    ends: list[tuple[float, str, str]] = []
    if target is not None:
        level = y(min(target, scale[-1]))
        end = WIDTH - RIGHT
        parts.append(Markup(f'<line class="target" x1="{LEFT}" x2="{end}" y1="{level:.1f}" y2="{level:.1f}"/>'))
        ends.append((level, target_name, "muted"))
    for one in series:
        points = [(x(n) + half, y(min(v, scale[-1]))) for n, v in enumerate(one.values) if v is not None]
        if not points:
            continue
        if len(points) > 1:
            path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
            parts.append(Markup(f'<polyline class="l-{one.colour}" points="{path}"/>'))
        else:
            px, py = points[0]
            parts.append(Markup(f'<circle class="f-{one.colour}" cx="{px:.1f}" cy="{py:.1f}" r="3"/>'))
        ends.append((points[-1][1], one.name, one.colour))
    parts += [_labels(ends), _axis(places, x, half * 2)]
    return _svg(id, title, said, parts)


def paired_bars(
    id: str, title: str, said: str, places: Sequence[str], pair: tuple[Series, Series], form: Callable[[float], str]
) -> Markup:
    """Two shares side by side at each place."""
    scale = ticks(max((v or 0 for one in pair for v in one.values), default=0))
    y, x, width = _y(scale[-1]), _x(len(places)), _bar(len(places)) / 2
    parts = [_grid(scale, y, form)]
    for side, one in enumerate(pair):
        for place, value in enumerate(one.values):
            top = y(value or 0)
            parts.append(_rect(x(place) + side * width, top, width - 1, y(0) - top, one.colour))
    ends = [(y((one.values[-1] or 0) / 2) - LINE * side, one.name, one.colour) for side, one in enumerate(pair)]
    parts += [_labels(ends), _axis(places, x, width * 2)]
    return _svg(id, title, said, parts)


def whiskers(id: str, title: str, said: str, rows: Sequence[Whisker], form: Callable[[float], str]) -> Markup:
    """A point with its interval for each row, and a mark at its limit."""
    most = max((value for row in rows for value in (row.limit * 2, min(row.high, row.limit * 6))), default=0)
    scale = ticks(most)
    left, right, gap = 12, WIDTH - 12, 64
    height = TOP + gap * len(rows) + BOTTOM

    def x(value: float) -> float:
        return left + (right - left) * min(value, scale[-1]) / scale[-1]

    parts = [
        Markup(
            f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
            f'<text class="tick" x="{x(tick):.1f}" y="{height - 8}" text-anchor="{anchor}">{escape(form(tick))}</text>'
        )
        for tick, anchor in zip(scale, ("start", "middle", "end")[-len(scale) :], strict=True)
    ]
    for number, row in enumerate(rows):
        at = TOP + gap * number + 38
        limit = x(row.limit)
        parts.append(
            Markup(
                f'<text class="name" x="{left}" y="{at - 20}">{escape(row.name)}</text>'
                f'<line class="limit" x1="{limit:.1f}" x2="{limit:.1f}" y1="{at - 13}" y2="{at + 13}"/>'
            )
        )
        if row.point is not None:
            cut = "" if row.high <= scale[-1] else f'<text class="tick" x="{right + 3}" y="{at + 4}">›</text>'
            parts.append(
                Markup(
                    f'<line class="l-{row.colour}" x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{at}" y2="{at}"/>'
                    f'<circle class="f-{row.colour}" cx="{x(row.point):.1f}" cy="{at}" r="5"/>{cut}'
                )
            )
    return _svg(id, title, said, parts, height)


def _svg(id: str, title: str, said: str, parts: Sequence[Markup], height: int = HEIGHT) -> Markup:
    return Markup(
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}-t {id}-d">'
        f'<title id="{id}-t">{escape(title)}</title><desc id="{id}-d">{escape(said)}</desc>'
        f"{Markup('').join(parts)}</svg>"
    )


def _y(top: float) -> Callable[[float], float]:
    return lambda value: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top


def _x(places: int, right: int = RIGHT) -> Callable[[int], float]:
    return lambda place: LEFT + (WIDTH - LEFT - right) * place / max(1, places)


def _bar(places: int, right: int = RIGHT) -> float:
    room = (WIDTH - LEFT - right) / max(1, places)
    return max(1.0, room - max(1.0, room * 0.15))


def _rect(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    size = f'width="{width:.1f}" height="{max(0.0, height):.1f}"'
    return Markup(f'<rect class="f-{colour}" x="{x:.1f}" y="{y:.1f}" {size}/>')


def _grid(
    scale: Sequence[float], y: Callable[[float], float], form: Callable[[float], str], right: int = RIGHT
) -> Markup:
    rows = []
    for tick in scale:
        shown = form(int(tick) if float(tick).is_integer() else tick)
        rows.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
            f'<text class="tick" x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{escape(shown)}</text>'
        )
    return Markup("".join(rows))


def _axis(places: Sequence[str], x: Callable[[int], float], width: float) -> Markup:
    """The first, the middle and the last place, by name."""
    if not places:
        return Markup("")
    shown = sorted({0, len(places) // 2, len(places) - 1}) if len(places) > 2 else range(len(places))
    found = []
    for place in shown:
        anchor = "start" if place == 0 else "end" if place == len(places) - 1 else "middle"
        at = x(place) + {"start": 0, "middle": width / 2, "end": width}[anchor]
        text = escape(places[place])
        found.append(f'<text class="tick" x="{at:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{text}</text>')
    return Markup("".join(found))


def _labels(ends: Sequence[tuple[float, str, str]]) -> Markup:
    """Names at the right end, pushed apart so that none covers another; the order of the lines is kept."""
    named = sorted((end for end in ends if end[1]), key=lambda end: end[0])
    if not named:
        return Markup("")
    lowest = HEIGHT - BOTTOM
    placed: list[float] = []
    for at, _name, _colour in named:
        placed.append(max(at + 4, placed[-1] + LINE if placed else TOP))
    for number in range(len(placed) - 1, -1, -1):
        below = placed[number + 1] - LINE if number + 1 < len(placed) else lowest + 4
        placed[number] = min(placed[number], below)
    return Markup("").join(
        Markup(f'<text class="t-{colour}" x="{WIDTH - RIGHT + 5}" y="{at:.1f}">{escape(name)}</text>')
        for at, (_end, name, colour) in zip(placed, named, strict=True)
    )


