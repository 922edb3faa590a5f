"""Drawings as numbers, which the templates put into SVG attributes (no inline style). Pure.

x is in percent of the width, so that text keeps its size at any width; y is in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dashboard.observability.charts.markers import Group, Marker, grouped
from dashboard.statistics.proportion import Interval

HEIGHT = 150
TOP = 18
"""Pixels above the highest tick, for the labels of deployments."""
_STEPS = (1, 2, 2.5, 5, 10)
_APART = 14
_NEAR = 3
"""Times the highest value, up to which a limit is drawn."""
WIDE, NARROW = 640.0, 300.0
"""Pixels that a drawing over the whole page, or half of it, has at least on a desk."""

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Tick:
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    y: float
    height: float
    role: str


@dataclass(frozen=True, slots=True)
class Column:
    """One bucket, over the whole height; `says` is its tooltip."""

    x: float
    width: float
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """`runs` are points of polylines on a canvas of 1000 by the height, `dots` lone ones (%, px).

    `bands` are polygons on the same canvas: where the true value lies, valid at every look. The
    mark stands at `end_y`, the word at `word_y`, where it covers no other.
    """

    role: str
    word: str
    runs: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    end_y: float
    word_y: float = 0.0
    bands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that a rule must not pass, drawn as a dotted line with its words."""

    value: float
    words: str
    y: float = 0.0

    @property
    def words_dy(self) -> int:
        """Above the line; below it at the top, where the labels of deployments are."""
        return 14 if self.y < TOP + _APART else -4


@dataclass(frozen=True, slots=True)
class Chart:
    """`lines` and `bars` in the order in which they are drawn. A limit that is far above them is
    left out, since it would flatten them."""

    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    markers: tuple[Group, ...] = ()
    columns: tuple[Column, ...] = ()
    labels: tuple[str, ...] = field(default=())
    limits: tuple[Limit, ...] = ()
    height: int = TOP + HEIGHT

    @property
    def empty(self) -> bool:
        return not self.bars and not self.lines


def scale(highest: float, *, whole: bool = False) -> tuple[float, ...]:
    """At most four ticks from zero, at round numbers, the last one not below `highest`."""
    third = max(highest / 3, 1.0 if whole else 1e-9)
    size = 10.0 ** math.floor(math.log10(third))
    step = next(s * size for s in _STEPS if s * size >= third - 1e-12)
    count = max(1, math.ceil(highest / step - 1e-9))
    return tuple(step * n for n in range(count + 1))


def stacked(
    series: Sequence[tuple[str, Values]],
    says: Callable[[float], str],
    *,
    markers: Sequence[Marker] = (),
    labels: Sequence[str] = (),
    columns_say: Sequence[str] = (),
) -> Chart:
    """Bars on top of each other, the first series lowest; (role, values) each."""
    columns = list(zip(*(values for _, values in series), strict=True)) if series else []
    steps = scale(max((sum(v or 0 for v in column) for column in columns), default=0), whole=True)
    width, bars = 100 / max(1, len(columns)), []
    for n, column in enumerate(columns):
        below = 0.0
        for (role, _), value in zip(series, column, strict=True):
            if value:
                y = _y(below + value, steps[-1])
                bars.append(Bar(_r(n * width), _r(width), y, _r(_y(below, steps[-1]) - y), role))
                below += value
    return Chart(
        _ticks(steps, says),
        bars=tuple(bars),
        markers=grouped(markers, WIDE),
        columns=_columns(columns_say),
        labels=tuple(labels),
    )


def levels(
    pieces: Sequence[tuple[float, float, float, str]],
    highest: float,
    says: Callable[[float], str],
    *,
    role: str = "candidate",
    markers: Sequence[Marker] = (),
    labels: Sequence[str] = (),
) -> Chart:
    """Bars of any width beside each other: (x, width, value, words), x and width in percent."""
    steps = (0.0, highest / 2, highest)
    bars = []
    for x, width, value, _ in pieces:
        y = _y(value, highest)
        bars.append(Bar(_r(x), _r(width), y, _r(_y(0.0, highest) - y), role))
    return Chart(
        _ticks(steps, says),
        bars=tuple(bars),
        markers=grouped(markers, WIDE),
        columns=tuple(Column(_r(x), _r(width), words) for x, width, _, words in pieces),
        labels=tuple(labels),
    )


def plotted(
    series: Sequence[tuple[str, str, Values]],
    says: Callable[[float], str],
    *,
    bands: Mapping[str, Sequence[Interval | None]] | None = None,
    limits: Sequence[Limit] = (),
    markers: Sequence[Marker] = (),
    labels: Sequence[str] = (),
    columns_say: Sequence[str] = (),
) -> Chart:
    """Lines with gaps where a value is None; (role, word, values) each, and by role their bands.

    A band that is higher than twice the highest value is cut off: it would flatten the lines.
    """
    known = [v for *_, values in series for v in values if v is not None]
    highest = max(known, default=0.0) or 1.0
    ends = [i.high for band in (bands or {}).values() for i in band if i]
    near = [limit for limit in limits if limit.value <= _NEAR * highest]
    top = max([highest, min(2 * highest, max(ends, default=0.0)), *(n.value for n in near)])
    steps = scale(top)
    lines = [_line(role, word, values, steps[-1]) for role, word, values in series]
    banded = [
        replace(line, bands=_bands((bands or {}).get(line.role, ()), steps[-1])) for line in lines
    ]
    return Chart(
        _ticks(steps, says),
        lines=_apart([line for line in banded if line.runs or line.dots]),
        markers=grouped(markers, NARROW),
        columns=_columns(columns_say),
        labels=tuple(labels),
        limits=tuple(replace(limit, y=_y(limit.value, steps[-1])) for limit in near),
    )


def _columns(says: Sequence[str]) -> tuple[Column, ...]:
    width = 100 / max(1, len(says))
    return tuple(Column(_r(n * width), _r(width), words) for n, words in enumerate(says))


def _bands(intervals: Sequence[Interval | None], highest: float) -> tuple[str, ...]:
    """A polygon for each run of intervals: along the upper ends, and back along the lower."""
    found, run = [], list[tuple[float, Interval]]()
    for n, interval in enumerate([*intervals, None]):
        if interval is not None:
            run.append((1000 * (n + 0.5) / len(intervals), interval))
            continue
        if len(run) > 1:
            upper = [(x, _y(min(i.high, highest), highest)) for x, i in run]
            lower = [(x, _y(i.low, highest)) for x, i in reversed(run)]
            found.append(" ".join(f"{_r(x)},{y}" for x, y in [*upper, *lower]))
        run = []
    return tuple(found)


def _line(role: str, word: str, values: Values, highest: float) -> Line:
    places = [
        (100 * (n + 0.5) / len(values), _y(value, highest)) if value is not None else None
        for n, value in enumerate(values)
    ]
    runs, dots, run = [], [], []
    for place in [*places, None]:
        if place is not None:
            run.append(place)
            continue
        if len(run) > 1:
            runs.append(" ".join(f"{_r(10 * x)},{y}" for x, y in run))
        elif run:
            dots.append((_r(run[0][0]), run[0][1]))
        run = []
    last = next((place for place in reversed(places) if place is not None), (0, 0.0))
    return Line(role, word, tuple(runs), tuple(dots), last[1])


def _apart(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Words at the ends of lines that would cover each other move down, or up at the bottom."""
    placed, free = {}, float(TOP - _APART)
    ordered = sorted(lines, key=lambda line: line.end_y)
    for line in ordered:
        free = max(line.end_y, free + _APART)
        placed[id(line)] = free
    over = max(0.0, free - (TOP + HEIGHT - 2))
    return tuple(replace(line, word_y=_r(placed[id(line)] - over)) for line in lines)


def _ticks(steps: Sequence[float], says: Callable[[float], str]) -> tuple[Tick, ...]:
    return tuple(Tick(_y(step, steps[-1]), says(step)) for step in steps)


def _y(value: float, highest: float) -> float:
    return _r(TOP + HEIGHT * (1 - value / highest))


def _r(number: float) -> float:
    return round(number, 2)


def bar_of(share: float | None) -> float:
    """A share of a bar in percent: what is there at all can be seen."""
    return 0.0 if not share else min(100.0, max(1.0, share))
